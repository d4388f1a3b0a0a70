//! Which columns of a Parquet file are durations.
//!
//! Parquet has no such type: a duration is a whole number there, and what unit it has stands only in the schema of Arrow
//! that the writer left in the file's metadata, a message of FlatBuffers in Base64. Read as plain numbers, the durations of
//! one program would be a thousand times those of another, without a word.

/// The unit of each column that is a duration; None where the text is no schema.
pub(crate) fn duration_units(base64: &str) -> Option<Vec<Option<&'static str>>> {
    const SCHEMA: u8 = 1;
    const DURATION: u8 = 18;
    let bytes = decoded(base64)?;
    // A mark of continuation and a length stand before the message.
    let message = match bytes.strip_prefix(&[0xff; 4]) {
        Some(rest) => rest.get(4..)?,
        None => &bytes,
    };
    let root = FlatTable { bytes: message, at: usize::try_from(number(message, 0)?).ok()? };
    if root.byte(1)? != SCHEMA {
        return None;
    }
    let unit = |field: FlatTable<'_>| {
        if field.byte(2) != Some(DURATION) {
            return None;
        }
        // What is not written has its default, the millisecond.
        Some(match field.table(3).and_then(|duration| duration.byte(0)) {
            Some(0) => "s",
            Some(2) => "µs",
            Some(3) => "ns",
            _ => "ms",
        })
    };
    Some(root.table(2)?.tables(1)?.into_iter().map(unit).collect())
}

/// A table of FlatBuffers: its fields are found by way of a list of their offsets.
#[derive(Clone, Copy)]
struct FlatTable<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> FlatTable<'a> {
    /// Where a field stands, if it is written.
    fn field(self, place: usize) -> Option<usize> {
        let back = number(self.bytes, self.at)?.cast_signed();
        let offsets = self.at.checked_add_signed(-isize::try_from(back).ok()?)?;
        let offset = |at: usize| {
            let bytes = self.bytes.get(at..at.checked_add(2)?)?;
            Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
        };
        let slot = 4 + 2 * place;
        if offset(offsets)? < slot + 2 {
            return None;
        }
        match offset(offsets.checked_add(slot)?)? {
            0 => None,
            offset => self.at.checked_add(offset),
        }
    }

    fn byte(self, place: usize) -> Option<u8> {
        self.bytes.get(self.field(place)?).copied()
    }

    /// What an offset at this place leads to.
    fn follow(self, at: usize) -> Option<Self> {
        let at = at.checked_add(usize::try_from(number(self.bytes, at)?).ok()?)?;
        Some(Self { at, ..self })
    }

    fn table(self, place: usize) -> Option<Self> {
        self.follow(self.field(place)?)
    }

    fn tables(self, place: usize) -> Option<Vec<Self>> {
        let list = self.table(place)?.at;
        let count = usize::try_from(number(self.bytes, list)?).ok()?;
        (1..=count).map(|i| self.follow(list.checked_add(i.checked_mul(4)?)?)).collect()
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(base64.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in base64.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|other| *other == digit)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decoded(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decoded("//79"), Some(vec![0xff, 0xfe, 0xfd]));
        assert_eq!(decoded("Zm 9"), None);
    }

    /// Whatever stands in the metadata, reading it neither panics nor goes on for long.
    #[test]
    fn what_is_no_schema_is_none_or_harmless() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/durations.parquet");
        let file = std::fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&file);
        let start = text.find("/////").unwrap();
        let schema: String = text[start..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c))
            .collect();
        assert_eq!(
            duration_units(&schema).unwrap(),
            [None, Some("s"), Some("ms"), Some("µs"), Some("ns"), None]
        );
        for place in 0..schema.len() {
            let _ = duration_units(&schema[..place]);
            for digit in ["A", "/", "k"] {
                let mut changed = schema.clone();
                changed.replace_range(place..=place, digit);
                let _ = duration_units(&changed);
            }
        }
    }
}
