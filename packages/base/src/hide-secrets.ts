/** An address with a scheme and `//`, up to what ends it in YAML, JSON, a shell or a sentence. */
const address = /([A-Za-z][A-Za-z0-9+.-]*:\/\/)([^\s"'<>{}|\\^`]+)/g;
/** `user:password@host` without a scheme. */
const account = /([^\s"'/@=,:]+:)([^\s"'/@]+)(?=@[^\s"'@]+)/g;

const stars = (text: string): string => "*".repeat(text.length);

/**
 * A text for terminals and logs without what addresses in it may hold: user, password, query and
 * fragment become stars, one for each character, so that columns stay where they were.
 */
export const hideSecrets = (text: string): string =>
  text
    .replace(address, (_, scheme: string, rest: string) => {
      // A password may hold `/` or `@`: all before the last one goes.
      const host = rest.lastIndexOf("@") + 1;
      const query = rest.slice(host).search(/[?#]/);
      const end = query < 0 ? rest.length : host + query + 1;
      const user = host === 0 ? "" : `${stars(rest.slice(0, host - 1))}@`;
      return `${scheme}${user}${rest.slice(host, end)}${stars(rest.slice(end))}`;
    })
    .replace(account, (_, user: string, password: string) => user + stars(password));
