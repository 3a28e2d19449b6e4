/** Names of specs, benchmarks and methods: they become parts of file names. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const nameWords = "letters, digits, dots, dashes and underscores";
/** Several stand in one file name, which systems limit to 255 bytes. */
export const longestName = 100;
export const tooLong = `at most ${longestName} characters`;
