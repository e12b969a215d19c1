//! Large whole numbers as people read them.

/// A whole number with a comma between groups of three digits: 1234567 is `1,234,567`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let wanted = [(0, "0"), (999, "999"), (5_000, "5,000"), (60_000, "60,000"), (1_234_567, "1,234,567")];
        for (number, words) in wanted {
            assert_eq!(thousands(number), words);
        }
    }
}
