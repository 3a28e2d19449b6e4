/**
 * How many items of each group are shown within a budget of lines. A group that is not shown whole
 * takes one more line, which says how many are left out; all get equal room, and what small groups
 * leave goes to the large ones.
 * @param sizes items of each group
 * @returns items shown of each; 0 where there is room for none, and no line says so
 */
export function shareLines(sizes: readonly number[], budget: number): number[] {
  const shown = sizes.map(() => 0);
  const order = sizes.map((_, index) => index);
  order.sort((left, right) => (sizes[left] ?? 0) - (sizes[right] ?? 0) || left - right);
  let left = Math.max(0, budget);
  order.forEach((index, done) => {
    const size = sizes[index] ?? 0;
    const room = Math.floor(left / (order.length - done));
    const whole = size <= room;
    const items = whole ? size : Math.max(0, room - 1);
    shown[index] = items;
    left -= items + (whole || items === 0 ? 0 : 1);
  });
  return shown;
}
