//! Numbers that are written in characters: Chinese and Japanese write 26 as two, ten, six.

/// The digits of Han script, each with its value; two is also written as a pair.
const DIGITS: [(char, u64); 12] = [
    ('\u{3007}', 0),
    ('\u{96f6}', 0),
    ('\u{4e00}', 1),
    ('\u{4e8c}', 2),
    ('\u{4e24}', 2),
    ('\u{4e09}', 3),
    ('\u{56db}', 4),
    ('\u{4e94}', 5),
    ('\u{516d}', 6),
    ('\u{4e03}', 7),
    ('\u{516b}', 8),
    ('\u{4e5d}', 9),
];

/// What a digit before them counts: tens, hundreds, thousands.
const TENS: [(char, u64); 3] = [('\u{5341}', 10), ('\u{767e}', 100), ('\u{5343}', 1000)];

/// What a number before them counts: ten thousands and hundred millions, as China and Japan write them.
const MYRIADS: [(char, u64); 4] =
    [('\u{4e07}', 10_000), ('\u{842c}', 10_000), ('\u{4ebf}', 100_000_000), ('\u{5104}', 100_000_000)];

fn value_of(character: char, table: &[(char, u64)]) -> Option<u64> {
    table.iter().find(|entry| entry.0 == character).map(|entry| entry.1)
}

/// Whether a character is a numeral of Han script.
pub fn is_numeral(character: char) -> bool {
    matches!(character, '\u{3007}'..='\u{9fff}')
        && [&DIGITS[..], &TENS, &MYRIADS].iter().any(|table| value_of(character, table).is_some())
}

/// The number that a text of digits and numerals writes; none where it is no such text.
pub fn number(text: &str) -> Option<u64> {
    let (mut total, mut thousands, mut digits) = (0u64, 0u64, None);
    for character in text.chars() {
        let digit = character.to_digit(10).map(u64::from).or_else(|| value_of(character, &DIGITS));
        if let Some(digit) = digit {
            digits = Some(digits.unwrap_or(0u64).checked_mul(10)?.checked_add(digit)?);
        } else if let Some(unit) = value_of(character, &TENS) {
            thousands = thousands.checked_add(digits.take().unwrap_or(1).checked_mul(unit)?)?;
        } else {
            let unit = value_of(character, &MYRIADS)?;
            let counted = thousands.checked_add(digits.take().unwrap_or(0))?;
            if counted == 0 {
                return None;
            }
            total = total.checked_add(counted.checked_mul(unit)?)?;
            thousands = 0;
        }
    }
    let is_number = !text.is_empty();
    is_number.then(|| total.checked_add(thousands)?.checked_add(digits.unwrap_or(0)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_write_numbers() {
        for (text, value) in [
            ("26", 26),
            ("\u{4e8c}\u{5341}\u{516d}", 26),
            ("\u{5341}\u{4e03}", 17),
            ("\u{4e8c}\u{3007}\u{4e8c}\u{516d}", 2026),
            ("\u{4e09}\u{767e}\u{96f6}\u{4e94}", 305),
            ("3\u{5343}5\u{767e}", 3500),
            ("\u{4e00}\u{5104}\u{4e8c}\u{5341}\u{4e07}", 100_200_000),
            ("0", 0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        assert_eq!((number(""), number("\u{4e07}")), (None, None));
        assert_eq!(number("\u{4e8c}\u{5ea6}"), None);
        assert_eq!(number(&"9".repeat(30)), None);
        assert!(is_numeral('\u{4e07}') && !is_numeral('\u{5ea6}') && !is_numeral('7'));
    }
}
