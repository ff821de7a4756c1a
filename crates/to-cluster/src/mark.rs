//! The mark: a field of each copy that shows whether the copy has been used since.
//!
//! A mark consists of the values that a use changes, `la`, `ttl`, `r` and `w` of the copy, and the
//! sid of its token. As long as the mark agrees with the hash's other fields, the copy has not been
//! used.
//!
//! A session on the source may have a field with the mark's name. If it is the mark of an earlier
//! move, it is not copied. If it is a field of the site, it is copied unchanged, and the mark gets
//! another name.

/// The fields that may hold a mark. No site has a reason to use the second name.
pub(crate) const FIELDS: [&str; 2] = ["copied_as", "copied_as:sessions-to-cluster"];

/// Removes the marks of earlier moves from the names and values of a hash. Returns the field for
/// the mark of this copy, then the other field.
pub(crate) fn take_out(fields: &mut Vec<Vec<u8>>) -> [&'static str; 2] {
    let [first, second] = FIELDS;
    let mut taken = false;
    let pairs = std::mem::take(fields);
    for pair in pairs.chunks_exact(2) {
        let [name, value] = pair else { continue };
        if name == second.as_bytes() || (name == first.as_bytes() && is_mark(value)) {
            continue;
        }
        taken |= name == first.as_bytes();
        fields.extend_from_slice(pair);
    }
    if taken { [second, first] } else { [first, second] }
}

/// Four numbers, any of which may be missing, and a sid.
fn is_mark(value: &[u8]) -> bool {
    let is_number = |part: &&[u8]| part.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b));
    let is_sid = |part: &[u8]| part.len() == 16 && part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&[u8]> = value.split(|&b| b == b' ').collect();
    matches!(parts.as_slice(), [numbers @ .., sid] if numbers.len() == 4 && numbers.iter().all(is_number) && is_sid(sid))
}
