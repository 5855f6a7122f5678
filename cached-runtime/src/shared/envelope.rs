//! How leases and values are written in a store.
//!
//! All numbers are little-endian. A lease is the first 24 bytes alone; an entry has all of it:
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | magic: `CA 63 68 64` |
//! | 4 | format version: 1 |
//! | 5 | kind: 1 lease, 2 value, 3 null (`None`, without a payload) |
//! | 6 | codec of the payload; 0 in a lease |
//! | 7 | flags: bit 0 the payload is compressed; all others 0; 0 in a lease |
//! | 8..24 | id: random, new for each lease and each entry; a lease's token |
//! | 24..28 | the function's `version` |
//! | 28..36 | created: milliseconds since 1970 |
//! | 36..44 | expires: milliseconds since 1970, 0 for never |
//! | 44..52 | checksum: SipHash-1-3 under a fixed key over the store's key in UTF-8, a byte FF, and all other bytes of the entry, in their order |
//! | 52..54 | number of tags |
//! | 54.. | each tag: length of its name (2 bytes), its name in UTF-8, its generation (8 bytes) |
//! | then | the payload, to the end; compressed: its length (4 bytes) and one LZ4 block |
//!
//! The checksum is for accidents: truncation, a flipped bit, a value that something else wrote over, or one of another key that was renamed,
//! copied or mixed up. Whoever may write to the store can forge
//! entries; what protects then is that a codec decodes or fails, and never panics.
//!
//! # Changing the format
//!
//! Processes of two releases share a store while a deploy is under way, so no release may write what the one before it cannot read:
//!
//! * Any change of the bytes is a new format version. Readers take versions they do not know for a miss.
//! * A release first learns to read the new version and goes on writing the old one; a later release writes the new one.
//! * The first 24 bytes, kinds included, stay as they are in every version: the lease protocol compares them.
//! * A new codec gets a new number; numbers are not used again.
//!
//! The golden bytes in this file's tests are the format. A change that moves them is a new version.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use siphasher::sip::SipHasher13;

use super::compress::{compress, decompress};
use super::store::Seen;

const MAGIC: [u8; 4] = [0xCA, b'c', b'h', b'd'];
const FORMAT: u8 = 1;
const LEASE: u8 = 1;
const VALUE: u8 = 2;
const NULL: u8 = 3;
const LZ4: u8 = 1;
/// Length of a lease, and of what all kinds have in common.
const HEAD: usize = 24;
const CHECKSUM: std::ops::Range<usize> = 44..52;
/// A tag's share besides its name.
const TAG: usize = 2 + 8;

// Stores tell values apart by their first bytes, so the id must be among these.
const _: () = assert!(HEAD == Seen::PREFIX);

/// What tells a lease or an entry from every other one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token(pub(crate) u128);

impl Token {
    /// A token that no other process, and nobody who has seen others, comes up with.
    ///
    /// It is a keyed hash (SipHash, twice 64 bits). The keys are the operating system's random numbers, drawn once in a process; hashed are a
    /// counter, which tells the process's own tokens apart, and what differs where the keys do not: the process id after a fork, the
    /// time in a machine resumed twice from one snapshot.
    pub(crate) fn random() -> Self {
        static KEYS: OnceLock<[RandomState; 2]> = OnceLock::new();
        // Not a point where threads meet, so it is not the model checker's business.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let [high, low] = KEYS.get_or_init(Default::default).each_ref().map(|keys| {
            let mut hasher = keys.build_hasher();
            hasher.write_u64(number);
            hasher.write_u32(std::process::id());
            hasher.write_u128(time);
            hasher.finish()
        });
        Self(u128::from(high) << 64 | u128::from(low))
    }
}

/// The lease of who holds `token`: the whole value, and also the prefix by which a fill finds it.
pub(crate) fn lease(token: Token) -> Vec<u8> {
    head(LEASE, 0, 0, token)
}

fn head(kind: u8, codec: u8, flags: u8, id: Token) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[FORMAT, kind, codec, flags]);
    bytes.extend_from_slice(&id.0.to_le_bytes());
    bytes
}

/// What the bytes under a key turned out to be.
#[derive(Debug)]
pub(crate) enum Parsed<'a> {
    /// Somebody is loading.
    Lease(Token),
    /// An entry.
    Entry(Entry<'a>),
}

/// An entry whose payload has not been decoded yet.
pub(crate) struct Entry<'a> {
    #[cfg(test)]
    pub(crate) id: Token,
    pub(crate) null: bool,
    pub(crate) codec: u8,
    pub(crate) version: u32,
    pub(crate) created: u64,
    /// 0 for never.
    pub(crate) expires: u64,
    /// Names and the generations that were captured before the load.
    pub(crate) tags: Vec<(&'a str, u64)>,
    lz4: bool,
    raw: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The payload as the codec wrote it; `None` if it does not decompress, or to more than `limit` bytes.
    pub(crate) fn payload(&self, limit: usize) -> Option<Cow<'a, [u8]>> {
        if self.lz4 { decompress(self.raw, limit).map(Cow::Owned) } else { Some(Cow::Borrowed(self.raw)) }
    }
}

/// Without the payload (G14).
impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut entry = f.debug_struct("Entry");
        entry.field("null", &self.null).field("codec", &self.codec).field("version", &self.version);
        entry.field("created", &self.created).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Reads what was found under a key. `None` for everything that is not ours as a whole: foreign, truncated, damaged, or of a format version
/// that this release does not know, or of another key. Looks at no byte that is not there and asks for no memory on the word of a length.
pub(crate) fn parse<'a>(key: &str, bytes: &'a [u8]) -> Option<Parsed<'a>> {
    let mut rest = Reader(bytes);
    if rest.array()? != MAGIC || rest.array()? != [FORMAT] {
        return None;
    }
    let [kind, codec, flags] = rest.array()?;
    let id = Token(u128::from_le_bytes(rest.array()?));
    match kind {
        LEASE => (codec == 0 && flags == 0 && rest.0.is_empty()).then_some(Parsed::Lease(id)),
        VALUE | NULL if flags & !LZ4 == 0 => {
            let null = kind == NULL;
            let version = u32::from_le_bytes(rest.array()?);
            let (created, expires) = (rest.number()?, rest.number()?);
            if rest.number()? != checksum(key, bytes) {
                return None;
            }
            let tags = rest.tags()?;
            let (lz4, raw) = (flags & LZ4 != 0, rest.0);
            if null && (lz4 || !raw.is_empty()) {
                return None;
            }
            Some(Parsed::Entry(Entry {
                #[cfg(test)]
                id,
                null,
                codec,
                version,
                created,
                expires,
                tags,
                lz4,
                raw,
            }))
        }
        _ => None,
    }
}

/// Bytes that are taken off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        self.array().map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    fn tags(&mut self) -> Option<Vec<(&'a str, u64)>> {
        let count = self.length()?;
        if count > self.0.len() / TAG {
            return None;
        }
        (0..count).map(|_| self.tag()).collect()
    }

    fn tag(&mut self) -> Option<(&'a str, u64)> {
        let len = self.length()?;
        let (name, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some((str::from_utf8(name).ok()?, self.number()?))
    }
}

/// Of an entry that is long enough to hold one.
fn checksum(key: &str, entry: &[u8]) -> u64 {
    // Digits of π: a fixed key, so that every process computes the same.
    let mut hasher = SipHasher13::new_with_keys(0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344);
    hasher.write(key.as_bytes());
    hasher.write(&[0xff]);
    hasher.write(&entry[..CHECKSUM.start]);
    hasher.write(&entry[CHECKSUM.end..]);
    hasher.finish()
}

/// What an entry is made from.
pub(crate) struct Sealing<'a> {
    /// The store's key that it is for.
    pub(crate) key: &'a str,
    pub(crate) null: bool,
    pub(crate) codec: u8,
    pub(crate) version: u32,
    pub(crate) created: u64,
    /// 0 for never.
    pub(crate) expires: u64,
    pub(crate) tags: &'a [(String, u64)],
    /// Left out if `null`.
    pub(crate) payload: &'a [u8],
    /// The smallest payload that is worth compressing; `usize::MAX` for none.
    pub(crate) compress_from: usize,
}

impl Sealing<'_> {
    /// The bytes to store, under a new id.
    ///
    /// Tags that the format has no room for (more than 65,535, or a name of 64 KiB and more) must not be left out, or their invalidation would
    /// miss the entry; so such an entry is written as one that expired in 1970, which every reader takes for a miss.
    pub(crate) fn seal(&self) -> Vec<u8> {
        self.seal_with(Token::random())
    }

    fn seal_with(&self, id: Token) -> Vec<u8> {
        let fits = |len: usize| u16::try_from(len).ok();
        let room = fits(self.tags.len()).filter(|_| self.tags.iter().all(|(name, _)| fits(name.len()).is_some()));
        let Some(count) = room else {
            return Self { null: true, expires: 1, tags: &[], ..*self }.seal_with(id);
        };
        let payload = if self.null { &[] } else { self.payload };
        let packed = if payload.len() >= self.compress_from.max(1) { compress(payload) } else { None };
        let (kind, flags) = (if self.null { NULL } else { VALUE }, if packed.is_some() { LZ4 } else { 0 });
        let payload = packed.as_deref().unwrap_or(payload);

        let mut bytes = head(kind, self.codec, flags, id);
        let tags: usize = self.tags.iter().map(|(name, _)| TAG + name.len()).sum();
        bytes.reserve_exact(CHECKSUM.end + 2 - HEAD + tags + payload.len());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.created.to_le_bytes());
        bytes.extend_from_slice(&self.expires.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&count.to_le_bytes());
        for (name, generation) in self.tags {
            // Cannot be cut: `room` has looked at every name.
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(&generation.to_le_bytes());
        }
        bytes.extend_from_slice(payload);
        let sum = checksum(self.key, &bytes);
        bytes[CHECKSUM].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const KEY: &str = "shop:user:7";
    const ID: Token = Token(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);

    fn sealing<'a>(tags: &'a [(String, u64)], payload: &'a [u8]) -> Sealing<'a> {
        let (created, expires) = (1_700_000_000_000, 1_700_000_060_000);
        Sealing {
            key: KEY,
            null: false,
            codec: 1,
            version: 3,
            created,
            expires,
            tags,
            payload,
            compress_from: usize::MAX,
        }
    }

    fn tags() -> Vec<(String, u64)> {
        vec![("user:7".to_owned(), 0x1122_3344_5566_7788), (String::new(), 0)]
    }

    fn entry(bytes: &[u8]) -> Entry<'_> {
        match parse(KEY, bytes) {
            Some(Parsed::Entry(entry)) => entry,
            other => panic!("{other:?}"),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Stores hold these bytes: if this test fails, the format version has to change. They come from an implementation of the table above that
    /// shares no code with this one.
    #[test]
    fn golden_bytes() {
        assert_eq!(hex(&lease(ID)), "ca63686401010000000102030405060708090a0b0c0d0e0f");
        let (tags, head) = (tags(), "0100000102030405060708090a0b0c0d0e0f030000000068e5cf8b010000");
        let value = format!(
            "ca6368640102{head}6052e6cf8b01000067c42f0bdde6288402000600757365723a3788776655443322110000000000\
                             0000000000706179"
        );
        assert_eq!(hex(&sealing(&tags, b"pay").seal_with(ID)), value);
        let null = Sealing { null: true, expires: 0, ..sealing(&[], b"ignored") };
        assert_eq!(hex(&null.seal_with(ID)), format!("ca6368640103{head}0000000000000000a2e932a995d7eb700000"));
        // A compressor may find a shorter form one day; what has been written must stay readable.
        let head = head.replacen("0100", "0101", 1);
        let packed = format!("ca6368640102{head}6052e6cf8b010000b2e1143c3fd1b2a90000400000001f61010027506161616161");
        let packed: Vec<u8> =
            (0..packed.len() / 2).map(|at| u8::from_str_radix(&packed[at * 2..][..2], 16).unwrap()).collect();
        assert_eq!(entry(&packed).payload(64).as_deref(), Some(&[b'a'; 64][..]));
    }

    #[test]
    fn an_entry_comes_back_as_it_was_sealed() {
        let tags = tags();
        let bytes = sealing(&tags, b"pay").seal_with(ID);
        let entry = entry(&bytes);
        assert_eq!((entry.id, entry.null, entry.codec, entry.version), (ID, false, 1, 3));
        assert_eq!((entry.created, entry.expires), (1_700_000_000_000, 1_700_000_060_000));
        assert_eq!(entry.tags, [("user:7", 0x1122_3344_5566_7788), ("", 0)]);
        assert_eq!(entry.payload(0).as_deref(), Some(&b"pay"[..]));
        assert!(matches!(parse(KEY, &lease(ID)), Some(Parsed::Lease(ID))));
        assert!(!format!("{entry:?}").contains("pay"));
    }

    #[test]
    fn large_payloads_are_compressed_if_that_helps() {
        let large = vec![7; 10_000];
        let bytes = Sealing { compress_from: 10_000, ..sealing(&[], &large) }.seal();
        assert!(bytes.len() < 200);
        assert_eq!(entry(&bytes).payload(10_000).as_deref(), Some(&large[..]));
        assert_eq!(entry(&bytes).payload(9_999), None, "bounded");
        assert!(Sealing { compress_from: 10_001, ..sealing(&[], &large) }.seal().len() > 10_000);
        let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(10_000).collect();
        let bytes = Sealing { compress_from: 0, ..sealing(&[], &noise) }.seal();
        assert_eq!(entry(&bytes).payload(0).as_deref(), Some(&noise[..]));
        assert!(entry(&Sealing { compress_from: 0, ..sealing(&[], b"") }.seal()).payload(0).is_some());
    }

    #[test]
    fn tags_without_room_make_an_entry_that_has_expired() {
        let long = [("t".repeat(65_535), 1)];
        assert_eq!(entry(&sealing(&long, b"pay").seal()).tags[0].0.len(), 65_535);
        let (too_long, too_many) = ([("t".repeat(65_536), 1)], vec![(String::new(), 1); 65_536]);
        for tags in [&too_long[..], &too_many[..]] {
            let bytes = sealing(tags, b"pay").seal();
            assert!(entry(&bytes).null && entry(&bytes).expires == 1);
        }
    }

    #[test]
    fn a_damaged_entry_is_none() {
        let tags = tags();
        let value = sealing(&tags, b"payload");
        let packed = Sealing { compress_from: 0, ..sealing(&tags, &[0; 64]) };
        let null = Sealing { null: true, ..sealing(&[], b"") };
        for sealed in [value.seal(), packed.seal(), null.seal()] {
            for len in 0..sealed.len() {
                assert!(parse(KEY, &sealed[..len]).is_none(), "cut at {len}");
            }
            for bit in 0..sealed.len() * 8 {
                let mut flipped = sealed.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(parse(KEY, &flipped).is_none(), "bit {bit}");
            }
            assert!(parse(KEY, &[&sealed[..], &[0]].concat()).is_none(), "longer");
        }
    }

    #[test]
    fn an_entry_under_another_key_is_none() {
        let sealed = sealing(&tags(), b"pay").seal_with(ID);
        assert!(
            parse(KEY, &sealed).is_some() && parse("shop:user:8", &sealed).is_none(),
            "renamed, copied or mixed up"
        );
    }

    #[test]
    fn a_damaged_lease_is_at_most_another_lease() {
        let sealed = lease(ID);
        assert!((0..HEAD).all(|len| parse(KEY, &sealed[..len]).is_none()));
        for bit in 0..HEAD * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(parse(KEY, &flipped), None | Some(Parsed::Lease(_))), "bit {bit}");
        }
        assert!(parse(KEY, &[&sealed[..], &[0]].concat()).is_none());
    }

    /// Past the checksum, which whoever means harm can compute: nothing panics, and no length is believed.
    #[test]
    fn a_forged_entry_does_no_harm() {
        let mut random = fastrand::Rng::with_seed(1);
        let tags = tags();
        let sealed = sealing(&tags, b"payload").seal();
        let mut parsed = 0;
        for _ in 0..200_000 {
            let mut forged = sealed.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(CHECKSUM.end..forged.len());
                forged[at] = random.u8(..);
            }
            forged.truncate(random.usize(CHECKSUM.end..=forged.len()));
            forged[7] = random.u8(0..2);
            let sum = checksum(KEY, &forged);
            forged[CHECKSUM].copy_from_slice(&sum.to_le_bytes());
            if let Some(Parsed::Entry(entry)) = parse(KEY, &forged) {
                parsed += 1;
                assert!(entry.payload(1 << 20).is_none_or(|payload| payload.len() <= 1 << 20));
            }
        }
        assert!(parsed > 1_000, "the test reaches the parser: {parsed}");
    }

    #[test]
    fn random_bytes_are_none() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..50_000 {
            let mut bytes: Vec<u8> = (0..random.usize(0..200)).map(|_| random.u8(..)).collect();
            assert!(parse(KEY, &bytes).is_none());
            // The same behind a head that looks right.
            bytes.splice(..0, head(random.u8(2..4), 1, 0, ID));
            assert!(parse(KEY, &bytes).is_none());
        }
    }

    #[test]
    fn tokens_differ() {
        let tokens = std::thread::scope(|scope| {
            let draw = || std::iter::repeat_with(|| Token::random().0).take(10_000).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<HashSet<_>>()
        });
        assert_eq!(tokens.len(), 40_000);
        let ones = tokens.iter().map(|token| token.count_ones()).sum::<u32>() / 40_000;
        assert!((63..=64).contains(&ones), "each bit as often as not: {ones} of 128");
    }
}
