/// The end of a list.
const NIL: u32 = u32::MAX;

/// The neighbours of every slot, for any number of lists that share no slot: in half the room as long as slot numbers are small.
#[derive(Debug)]
pub(super) enum Links {
    Narrow(Vec<(u16, u16)>),
    Wide(Vec<(u32, u32)>),
}

impl Default for Links {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Links {
    #[inline]
    pub(super) fn make_room(&mut self, slot: u32) {
        let len = match self {
            Self::Narrow(links) => links.len(),
            Self::Wide(links) => links.len(),
        };
        if slot as usize >= len {
            self.grow(slot);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, slot: u32) {
        match self {
            Self::Narrow(links) if slot < u32::from(u16::NIL) => extend(links, slot),
            Self::Narrow(links) => {
                let mut wide = Vec::new();
                extend(&mut wide, slot);
                for (wide, (ahead, behind)) in wide.iter_mut().zip(links) {
                    *wide = (ahead.slot(), behind.slot());
                }
                *self = Self::Wide(wide);
            }
            Self::Wide(links) => extend(links, slot),
        }
    }
}

fn extend<N: Number>(links: &mut Vec<(N, N)>, slot: u32) {
    let len = slot as usize + 1;
    // An eighth more at a time: still amortised O(1), and without what doubling leaves unused.
    if links.capacity() < len {
        links.reserve_exact(len - links.len() + len / 8);
    }
    links.resize(len, (N::NIL, N::NIL));
}

/// A slot number as it is kept in the links.
trait Number: Copy {
    /// [`NIL`].
    const NIL: Self;
    fn of(slot: u32) -> Self;
    fn slot(self) -> u32;
    /// Where its links are; beyond all of them for `NIL`.
    fn index(self) -> usize;
}

impl Number for u16 {
    const NIL: Self = Self::MAX;

    #[inline]
    fn of(slot: u32) -> Self {
        // What is kept in 16 bits is below their `NIL`, and the other's lower half is theirs.
        slot as Self
    }

    #[inline]
    fn slot(self) -> u32 {
        if self == <Self as Number>::NIL { NIL } else { self.into() }
    }

    #[inline]
    fn index(self) -> usize {
        self.into()
    }
}

impl Number for u32 {
    const NIL: Self = NIL;

    #[inline]
    fn of(slot: u32) -> Self {
        slot
    }

    #[inline]
    fn slot(self) -> u32 {
        self
    }

    #[inline]
    fn index(self) -> usize {
        self as usize
    }
}

/// A queue of slots: in at the front, out at the back, and out of the middle in O(1).
#[derive(Debug)]
pub(super) struct Queue {
    front: u32,
    back: u32,
    len: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { front: NIL, back: NIL, len: 0 }
    }
}

impl Queue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn push(&mut self, links: &mut Links, slot: u32) {
        match links {
            Links::Narrow(links) => self.push_in(links, slot),
            Links::Wide(links) => self.push_in(links, slot),
        }
    }

    #[inline]
    fn push_in<N: Number>(&mut self, links: &mut [(N, N)], slot: u32) {
        let front = N::of(self.front);
        links[slot as usize] = (N::NIL, front);
        match links.get_mut(front.index()) {
            Some(front) => front.0 = N::of(slot),
            None => self.back = slot,
        }
        self.front = slot;
        self.len += 1;
    }

    /// In at the back, as the next to come out.
    #[inline]
    pub(super) fn push_back(&mut self, links: &mut Links, slot: u32) {
        match links {
            Links::Narrow(links) => self.push_back_in(links, slot),
            Links::Wide(links) => self.push_back_in(links, slot),
        }
    }

    #[inline]
    fn push_back_in<N: Number>(&mut self, links: &mut [(N, N)], slot: u32) {
        let back = N::of(self.back);
        links[slot as usize] = (back, N::NIL);
        match links.get_mut(back.index()) {
            Some(back) => back.1 = N::of(slot),
            None => self.front = slot,
        }
        self.back = slot;
        self.len += 1;
    }

    /// The last that came in.
    #[inline]
    pub(super) fn front(&self) -> Option<u32> {
        (self.front != NIL).then_some(self.front)
    }

    /// The next to come out.
    #[inline]
    pub(super) fn back(&self) -> Option<u32> {
        (self.back != NIL).then_some(self.back)
    }

    /// `slot` must be in this queue.
    #[inline]
    pub(super) fn unlink(&mut self, links: &mut Links, slot: u32) {
        match links {
            Links::Narrow(links) => self.unlink_in(links, slot),
            Links::Wide(links) => self.unlink_in(links, slot),
        }
    }

    #[inline]
    fn unlink_in<N: Number>(&mut self, links: &mut [(N, N)], slot: u32) {
        let (ahead, behind) = links[slot as usize];
        match links.get_mut(ahead.index()) {
            Some(ahead) => ahead.1 = behind,
            None => self.front = behind.slot(),
        }
        match links.get_mut(behind.index()) {
            Some(behind) => behind.0 = ahead,
            None => self.back = ahead.slot(),
        }
        self.len -= 1;
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    const WIDE: u32 = u16::MAX as u32;

    fn is_wide(links: &Links) -> bool {
        matches!(links, Links::Wide(_))
    }

    /// Takes everything out of a queue, at the back.
    fn drain(queue: &mut Queue, links: &mut Links) -> Vec<u32> {
        let pop = || {
            let slot = queue.back()?;
            queue.unlink(links, slot);
            Some(slot)
        };
        std::iter::from_fn(pop).collect()
    }

    #[test]
    fn links_become_wide_when_slots_do_not_fit_any_more() {
        let (mut links, mut even, mut odd) = (Links::default(), Queue::default(), Queue::default());
        for slot in 0..WIDE + 3 {
            links.make_room(slot);
            assert_eq!(is_wide(&links), slot >= WIDE, "{slot}");
            let queue = if slot % 2 == 0 { &mut even } else { &mut odd };
            queue.push(&mut links, slot);
        }
        assert_eq!((even.front(), even.len()), (Some(WIDE + 1), WIDE as usize / 2 + 2));
        even.unlink(&mut links, WIDE - 1);
        let all = drain(&mut even, &mut links);
        assert!(all.into_iter().eq((0..WIDE + 3).step_by(2).filter(|&slot| slot != WIDE - 1)), "in the same order");
        assert!(drain(&mut odd, &mut links).into_iter().eq((1..WIDE + 3).step_by(2)));
        assert_eq!((even.front(), even.back(), odd.len()), (None, None, 0));
    }

    #[test]
    fn queues_do_as_a_list_would() {
        for last in [40, WIDE - 1, WIDE, WIDE + 40] {
            let (mut links, mut queue, mut model) = (Links::default(), Queue::default(), VecDeque::new());
            let mut random = fastrand::Rng::with_seed(last.into());
            for _ in 0..5_000 {
                let slot = last - random.u32(..40);
                if let Some(at) = model.iter().position(|&other| other == slot) {
                    queue.unlink(&mut links, slot);
                    model.remove(at);
                    continue;
                }
                links.make_room(slot);
                if random.bool() {
                    queue.push(&mut links, slot);
                    model.push_front(slot);
                } else {
                    queue.push_back(&mut links, slot);
                    model.push_back(slot);
                }
                assert_eq!(
                    (queue.len(), queue.front(), queue.back()),
                    (model.len(), model.front().copied(), model.back().copied())
                );
            }
            assert_eq!(is_wide(&links), last >= WIDE);
            assert!(drain(&mut queue, &mut links).into_iter().eq(model.into_iter().rev()));
        }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Queue {
    pub(super) fn slots(&self, links: &Links) -> Vec<u32> {
        let next = |slot: u32| match links {
            Links::Narrow(links) => links[slot as usize].1.slot(),
            Links::Wide(links) => links[slot as usize].1.slot(),
        };
        let mut slots = Vec::new();
        let mut at = self.front;
        while at != NIL {
            slots.push(at);
            assert!(slots.len() <= self.len);
            at = next(at);
        }
        slots
    }
}
