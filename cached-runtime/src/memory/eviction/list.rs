/// The end of a list.
pub(super) const NIL: u32 = u32::MAX;

/// The neighbours of every slot, for any number of lists that share no slot.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<(u32, u32)>);

impl Links {
    pub(super) fn make_room(&mut self, slot: u32) {
        let len = slot as usize + 1;
        if self.0.len() < len {
            // An eighth more at a time: still amortised O(1), and without what doubling leaves unused.
            if self.0.capacity() < len {
                self.0.reserve_exact(len - self.0.len() + len / 8);
            }
            self.0.resize(len, (NIL, NIL));
        }
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
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, links: &mut Links, slot: u32) {
        links.0[slot as usize] = (NIL, self.front);
        match self.front {
            NIL => self.back = slot,
            front => links.0[front as usize].0 = slot,
        }
        self.front = slot;
        self.len += 1;
    }

    /// In at the back, as the next to come out.
    pub(super) fn push_back(&mut self, links: &mut Links, slot: u32) {
        links.0[slot as usize] = (self.back, NIL);
        match self.back {
            NIL => self.front = slot,
            back => links.0[back as usize].1 = slot,
        }
        self.back = slot;
        self.len += 1;
    }

    /// The last that came in.
    pub(super) fn front(&self) -> Option<u32> {
        (self.front != NIL).then_some(self.front)
    }

    /// The next to come out.
    pub(super) fn back(&self) -> Option<u32> {
        (self.back != NIL).then_some(self.back)
    }

    /// `slot` must be in this queue.
    pub(super) fn unlink(&mut self, links: &mut Links, slot: u32) {
        let (ahead, behind) = links.0[slot as usize];
        match ahead {
            NIL => self.front = behind,
            ahead => links.0[ahead as usize].1 = behind,
        }
        match behind {
            NIL => self.back = ahead,
            behind => links.0[behind as usize].0 = ahead,
        }
        self.len -= 1;
    }
}
