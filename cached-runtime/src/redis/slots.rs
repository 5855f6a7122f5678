//! Which of a cluster's 16 384 slots a key belongs to.

pub(super) const SLOTS: usize = 16_384;

/// CRC-16/XMODEM of the key, or of what stands between its first `{` and the next `}` if that is anything, modulo the number of slots.
pub(super) fn slot(key: &str) -> usize {
    let key = key.as_bytes();
    let tag = key.iter().position(|&byte| byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|&byte| byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    usize::from(crc16(tag.unwrap_or(key))) % SLOTS
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12_182);
        assert_eq!(slot("a{foo}b{bar}"), 12_182);
        assert_eq!(slot("{}foo"), usize::from(crc16(b"{}foo")) % SLOTS);
        assert_eq!(slot("{foo"), usize::from(crc16(b"{foo")) % SLOTS);
    }
}
