//! How much memory this machine has, and how much of it is free.

/// Bytes of memory in this machine, where the system tells.
pub fn physical_memory() -> Option<u64> {
    line("MemTotal:", &meminfo()?)
}

/// Bytes that a program may still take without pushing others out, where the system tells.
pub fn free_memory() -> Option<u64> {
    line("MemAvailable:", &meminfo()?)
}

fn meminfo() -> Option<String> {
    std::fs::read_to_string("/proc/meminfo").ok()
}

/// The bytes that a line of `/proc/meminfo` tells.
fn line(name: &str, text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_bytes() {
        let text = "MemTotal:       24689576 kB\nMemFree:        1 kB\nMemAvailable:   3000 kB\n";
        assert_eq!(line("MemTotal:", text), Some(24_689_576 * 1024));
        assert_eq!(line("MemAvailable:", text), Some(3_072_000));
        for text in ["", "MemAvailable: many kB", "MemAvailable: 3", "MemAvailable: 18446744073709551615 kB"] {
            assert_eq!(line("MemAvailable:", text), None, "{text}");
        }
    }
}
