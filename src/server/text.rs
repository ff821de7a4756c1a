//! The server's strings.

use std::mem::ManuallyDrop;
use std::os::raw::c_int;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, Ordering::Relaxed};

use redis_module::raw::RedisModuleString;
use smallvec::SmallVec;

use super::api;

/// A string of the server that the module owns.
#[derive(Debug)]
pub(crate) struct Text(*mut RedisModuleString);

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        // SAFETY: the server copies `len` bytes from the pointer; without a context
        // the module owns the string until it is freed.
        Self(unsafe { api!(RedisModule_CreateString)(ptr::null_mut(), bytes.as_ptr().cast(), bytes.len()) })
    }

    /// A name that many calls use, such as the name of an app's index.
    pub(super) fn name(bytes: &[u8]) -> Self {
        let middle = bytes.get(bytes.len() / 2).copied().unwrap_or_default();
        let place = (bytes.len() + usize::from(middle)) % NAMES.len();
        NAMES.get(place).map_or_else(|| Self::new(bytes), |kept| kept.of(bytes))
    }

    /// A number. A small set of numbers is written repeatedly: the present second, small counters,
    /// timeouts.
    pub(super) fn integer(number: i64) -> Self {
        let place = number.unsigned_abs() % NUMBERS.len() as u64;
        let Some(kept) = usize::try_from(place).ok().and_then(|place| NUMBERS.get(place)) else {
            return Self::new_integer(number);
        };
        kept.of(number)
    }

    fn new_integer(number: i64) -> Self {
        // SAFETY: without a context the module owns the string until it is freed.
        Self(unsafe { api!(RedisModule_CreateStringFromLongLong)(ptr::null_mut(), number) })
    }

    /// # Safety
    /// `raw` is a valid string, and one reference to it passes to the new value.
    pub(super) const unsafe fn from_owned(raw: *mut RedisModuleString) -> Self {
        Self(raw)
    }

    pub(super) const fn as_ptr(&self) -> *mut RedisModuleString {
        self.0
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the module owns the string, and shared strings do not change.
        unsafe { bytes(self.0) }
    }
}

/// The same string with another reference.
impl Clone for Text {
    fn clone(&self) -> Self {
        // SAFETY: the module owns the string; without a context it owns the reference until it is
        // freed.
        unsafe { api!(RedisModule_RetainString)(ptr::null_mut(), self.0) };
        Self(self.0)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // SAFETY: the module owns one reference, which was never tied to a context.
        unsafe { api!(RedisModule_FreeString)(ptr::null_mut(), self.0) }
    }
}

/// Keeps a string for later calls. The server copies what it stores and counts references to what
/// it sends, so it does not change a shared string.
struct Kept(AtomicPtr<RedisModuleString>);

impl Kept {
    const fn nothing() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    fn get(&self) -> Option<ManuallyDrop<Text>> {
        let text = self.0.load(Relaxed);
        // This object keeps its reference.
        (!text.is_null()).then(|| ManuallyDrop::new(Text(text)))
    }

    /// Keeps a string in the place of the previous one.
    fn keep(&self, text: Text) -> Text {
        self.put(ManuallyDrop::new(text.clone()).0);
        text
    }

    fn forget(&self) {
        self.put(ptr::null_mut());
    }

    fn put(&self, new: *mut RedisModuleString) {
        let old = self.0.swap(new, Relaxed);
        if !old.is_null() {
            // `keep` stored this reference, and it has just been taken out.
            drop(Text(old));
        }
    }
}

/// A number as a string that is kept.
struct KeptNumber {
    number: AtomicI64,
    text: Kept,
}

static NUMBERS: [KeptNumber; 64] = [const { KeptNumber::nothing() }; 64];

impl KeptNumber {
    const fn nothing() -> Self {
        Self {
            number: AtomicI64::new(0),
            text: Kept::nothing(),
        }
    }

    fn of(&self, number: i64) -> Text {
        match self.text.get() {
            Some(text) if self.number.load(Relaxed) == number => Text::clone(&text),
            _ => {
                self.number.store(number, Relaxed);
                self.text.keep(Text::new_integer(number))
            }
        }
    }
}

/// A name as a string that is kept.
struct KeptName(Kept);

static NAMES: [KeptName; 32] = [const { KeptName(Kept::nothing()) }; 32];

impl KeptName {
    fn of(&self, name: &[u8]) -> Text {
        self.0
            .get()
            .filter(|text| Text::as_ref(text) == name)
            .map_or_else(|| self.0.keep(Text::new(name)), |text| Text::clone(&text))
    }
}

/// Frees the strings that are kept; later calls keep others.
pub(super) fn release() {
    let names = NAMES.iter().map(|name| &name.0);
    names
        .chain(NUMBERS.iter().map(|number| &number.text))
        .for_each(Kept::forget);
}

/// How many commands may be queued for replicas before the kept strings are replaced. A queued
/// command holds references to its arguments until the call, script or transaction ends, to a
/// number up to once per argument. Newer servers count references in 23 bits and stop when a string
/// has more.
const MOST_QUEUED: u32 = if cfg!(debug_assertions) { 100 } else { 500_000 };

static QUEUED: AtomicU32 = AtomicU32::new(0);

/// Counts a command that was queued.
pub(super) fn count_queued() {
    QUEUED.store(QUEUED.load(Relaxed).saturating_add(1), Relaxed);
}

/// Whether the kept strings are to be replaced; then the count begins again.
pub(super) fn is_to_be_renewed() -> bool {
    let is_due = QUEUED.load(Relaxed) >= MOST_QUEUED;
    if is_due {
        QUEUED.store(0, Relaxed);
    }
    is_due
}

/// # Safety
/// `string` is valid and unchanged for `'a`.
pub(super) unsafe fn bytes<'a>(string: *const RedisModuleString) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: the server returns a pointer to `length` bytes.
    unsafe {
        let start = api!(RedisModule_StringPtrLen)(string, &raw mut length);
        std::slice::from_raw_parts(start.cast(), length)
    }
}

/// The arguments that the server passes to a command or at load, as bytes.
///
/// # Safety
/// `argv` points to `argc` strings, or may be invalid if there are none; the strings are unchanged
/// for `'a`.
pub(super) unsafe fn arguments<'a>(argv: *const *mut RedisModuleString, argc: c_int) -> SmallVec<[&'a [u8]; 16]> {
    let count = usize::try_from(argc).unwrap_or(0);
    if argv.is_null() || count == 0 {
        return SmallVec::new();
    }
    // SAFETY: as promised by the caller.
    unsafe {
        let strings = std::slice::from_raw_parts(argv, count);
        strings.iter().map(|&string| bytes(string)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_strings_are_replaced_before_the_server_counts_too_many_references() {
        for _ in 1..MOST_QUEUED {
            count_queued();
        }
        assert!(!is_to_be_renewed());
        count_queued();
        assert!(is_to_be_renewed());
        assert!(!is_to_be_renewed(), "the count begins again");
    }
}
