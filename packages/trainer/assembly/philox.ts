/**
 * Philox4x32 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11):
 * a keyed bijection of 128-bit counters. Seven rounds are the fewest that pass BigCrush there.
 */
const MULTIPLIER_0: u32 = 0xd2511f53;
const MULTIPLIER_1: u32 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;
const ROUNDS: u32 = 7;

/** Cells from one turn: four counters side by side, 16 random bits a cell. */
const GROUP: u32 = 32;

/** Sixteen bits a cell against the threshold: eight cells of `scale` or 0 at `address`. */
function storeCells(address: usize, bits: v128, threshold: v128, scale: v128): void {
  const kept = i16x8.ge_u(bits, threshold);
  v128.store(address, v128.and(i32x4.extend_low_i16x8_s(kept), scale));
  v128.store(address, v128.and(i32x4.extend_high_i16x8_s(kept), scale), 16);
}

/**
 * One group of 32 cells at `address`. Lane l of the four words is counter (4 group + l, c1, c2, c3):
 * cell j of the group takes 16-bit lane j mod 8 of word j div 8, so no transposition is needed.
 */
function drawGroup(
  address: usize,
  group: u32,
  counter1: u32,
  counter2: u32,
  counter3: u32,
  key0: u32,
  key1: u32,
  rounds: u32,
  threshold: v128,
  scale: v128,
): void {
  const multiplier0 = i32x4.splat(MULTIPLIER_0);
  const multiplier1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(counter1);
  let x2 = i32x4.splat(counter2);
  let x3 = i32x4.splat(counter3);
  for (let round: u32 = 0; round < rounds; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(x0, multiplier0);
    const high0 = i64x2.extmul_high_i32x4_u(x0, multiplier0);
    const low1 = i64x2.extmul_low_i32x4_u(x2, multiplier1);
    const high1 = i64x2.extmul_high_i32x4_u(x2, multiplier1);
    const upper0 = i32x4.shuffle(low0, high0, 1, 3, 5, 7);
    const upper1 = i32x4.shuffle(low1, high1, 1, 3, 5, 7);
    x0 = v128.xor(v128.xor(upper1, x1), i32x4.splat(key0));
    x1 = i32x4.shuffle(low1, high1, 0, 2, 4, 6);
    x2 = v128.xor(v128.xor(upper0, x3), i32x4.splat(key1));
    x3 = i32x4.shuffle(low0, high0, 0, 2, 4, 6);
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  storeCells(address, x0, threshold, scale);
  storeCells(address + 32, x1, threshold, scale);
  storeCells(address + 64, x2, threshold, scale);
  storeCells(address + 96, x3, threshold, scale);
}

/**
 * Cells `firstCell .. firstCell + cells - 1` of the mask (counter1, counter2, counter3; key) at
 * `address`, f32: 0 where the cell's 16 bits are below `threshold`, else `scale`. Cells depend on
 * their index alone, not on where a call starts or ends. `scratch`: 128 bytes for cut groups.
 */
export function drawMask(
  address: usize,
  firstCell: u32,
  cells: u32,
  counter1: u32,
  counter2: u32,
  counter3: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
  scratch: usize,
): void {
  const thresholds = i16x8.splat(<i16>threshold);
  const scales = f32x4.splat(scale);
  let group = firstCell / GROUP;
  let skipped = firstCell % GROUP;
  while (cells > 0) {
    if (skipped == 0 && cells >= GROUP) {
      drawGroup(
        address,
        group,
        counter1,
        counter2,
        counter3,
        key0,
        key1,
        ROUNDS,
        thresholds,
        scales,
      );
      address += 128;
      cells -= GROUP;
    } else {
      drawGroup(
        scratch,
        group,
        counter1,
        counter2,
        counter3,
        key0,
        key1,
        ROUNDS,
        thresholds,
        scales,
      );
      const taken = min(GROUP - skipped, cells);
      memory.copy(address, scratch + ((<usize>skipped) << 2), (<usize>taken) << 2);
      address += (<usize>taken) << 2;
      cells -= taken;
      skipped = 0;
    }
    group++;
  }
}
