use hashbrown::HashTable;

/// Values under the hashes of a sample of keys, numbered so that other structures can name them. Keys with equal hashes are one.
#[derive(Debug)]
pub(super) struct Sampled<T> {
    values: Vec<(u32, T)>,
    /// Numbers by hash.
    index: HashTable<u16>,
    free: Vec<u16>,
}

/// `hashbrown` wants 64 bits of which the highest and the lowest are good. Those of a sample's hashes have something in common.
#[inline]
fn spread(hash: u32) -> u64 {
    let spread = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    spread ^ spread >> 32
}

impl<T> Sampled<T> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { values: Vec::with_capacity(capacity), index: HashTable::with_capacity(capacity), free: Vec::new() }
    }

    /// One past the highest number in use or free.
    pub(super) fn end(&self) -> u16 {
        self.values.len() as u16
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    #[inline]
    pub(super) fn find(&self, hash: u32) -> Option<u16> {
        self.index.find(spread(hash), |&number| self.values[usize::from(number)].0 == hash).copied()
    }

    #[inline]
    pub(super) fn get(&self, number: u16) -> Option<&(u32, T)> {
        self.values.get(usize::from(number))
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u16) -> Option<&mut T> {
        self.values.get_mut(usize::from(number)).map(|(_, value)| value)
    }

    /// Adds a hash that is not there yet. `None` if there are too many.
    pub(super) fn insert(&mut self, hash: u32, value: T) -> Option<u16> {
        let number = match self.free.pop() {
            Some(number) => {
                self.values[usize::from(number)] = (hash, value);
                number
            }
            None => {
                let number = u16::try_from(self.values.len()).ok().filter(|&number| number < u16::MAX)?;
                self.values.push((hash, value));
                number
            }
        };
        self.index.insert_unique(spread(hash), number, |&number| spread(self.values[usize::from(number)].0));
        Some(number)
    }

    /// Removes a hash; returns the number that it had, which the next one may get.
    pub(super) fn remove(&mut self, hash: u32) -> Option<u16> {
        let is_it = |&number: &u16| self.values[usize::from(number)].0 == hash;
        let (number, _) = self.index.find_entry(spread(hash), is_it).ok()?.remove();
        self.free.push(number);
        Some(number)
    }
}
