//! Flood fill, a run of pixels at a time.

/// Gives `value` to all pixels of one value that hang together, by their sides, with that at `[x, y]`.
pub fn fill(grey: &mut [u8], width: usize, [x, y]: [usize; 2], value: u8) {
    let height = grey.len() / width.max(1);
    let old = grey[y * width + x];
    if old == value {
        return;
    }
    let mut todo = vec![(x, y)];
    while let Some((x, y)) = todo.pop() {
        let row = y * width;
        if grey[row + x] != old {
            continue;
        }
        let left = (0..x).rev().take_while(|&i| grey[row + i] == old).last().unwrap_or(x);
        let right = (x..width).take_while(|&i| grey[row + i] == old).last().unwrap_or(x);
        grey[row + left..=row + right].fill(value);
        for next in [y.checked_sub(1), Some(y + 1).filter(|&y| y < height)].into_iter().flatten() {
            let mut open = false;
            for i in left..=right {
                let same = grey[next * width + i] == old;
                if same && !open {
                    todo.push((i, next));
                }
                open = same;
            }
        }
    }
}
