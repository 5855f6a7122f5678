/// The end of a list.
pub(super) const NIL: u32 = u32::MAX;

/// The neighbours of every slot, for any number of lists that share no slot.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<(u32, u32)>);

impl Links {
    pub(super) fn make_room(&mut self, slot: u32) {
        if self.0.len() <= slot as usize {
            self.0.resize(slot as usize + 1, (NIL, NIL));
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

    pub(super) fn pop(&mut self, links: &mut Links) -> Option<u32> {
        let slot = self.back;
        (slot != NIL).then(|| {
            self.unlink(links, slot);
            slot
        })
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
