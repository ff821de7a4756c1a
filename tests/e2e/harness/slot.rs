//! Redis Cluster's hash slots, written from the cluster specification and not from `src/`.

/// The slot of a key: CRC16 (XMODEM) modulo 16384 of the key, or of what stands between its first
/// `{` and the next `}` if that is not empty.
pub(crate) fn slot(key: impl AsRef<[u8]>) -> u16 {
    let key = key.as_ref();
    crc16(hash_tag(key).unwrap_or(key)) % 16384
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|&byte| byte == b'{')?;
    let inner = &key[open + 1..];
    let close = inner.iter().position(|&byte| byte == b'}')?;
    (close > 0).then(|| &inner[..close])
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc, &byte| {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
        crc
    })
}

#[test]
fn slots_agree_with_the_cluster_specification() {
    assert_eq!(crc16(b"123456789"), 0x31C3);
    assert_eq!(slot("foo"), 12182);
    assert_eq!(slot("{user1000}.following"), slot("user1000"));
    assert_eq!(slot("foo{}{bar}"), crc16(b"foo{}{bar}") % 16384);
    assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
}
