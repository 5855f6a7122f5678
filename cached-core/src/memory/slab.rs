/// Values under small numbers that stay the same as long as the value is there.
///
/// Grows by whole chunks, so that growing moves nothing, and reuses the numbers of what left, last left first.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    used: u32,
}

const CHUNK: usize = 256;

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), used: 0 }
    }

    /// One past the highest number in use or free.
    pub(crate) fn end(&self) -> u32 {
        self.used
    }

    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.chunks.get(at as usize / CHUNK)?.get(at as usize % CHUNK)?.as_ref()
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self.chunks[at as usize / CHUNK][at as usize % CHUNK] = Some(value);
            return at;
        }
        let at = self.used;
        if at as usize / CHUNK == self.chunks.len() {
            // The first chunk grows as it fills, for the sake of small caches.
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        self.chunks[at as usize / CHUNK].push(Some(value));
        self.used += 1;
        at
    }

    pub(crate) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.chunks.get_mut(at as usize / CHUNK)?.get_mut(at as usize % CHUNK)?.take()?;
        self.free.push(at);
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.used).filter_map(|at| Some((at, self.get(at)?)))
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        self.chunks.into_iter().flatten().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_are_reused() {
        let mut slab = Slab::new();
        let numbers: Vec<u32> = (0..1000).map(|i| slab.insert(i)).collect();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
        assert_eq!(slab.remove(300), Some(300));
        assert_eq!(slab.remove(300), None);
        assert_eq!(slab.get(300), None);
        assert_eq!(slab.insert(7), 300);
        assert_eq!(slab.iter().count(), 1000);
        assert_eq!(slab.end(), 1000);
    }
}
