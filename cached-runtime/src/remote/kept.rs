//! What memory in front of a store does when the store reports a change.

use crate::key::Pattern;
use crate::memory::Engine;
use crate::shared::Kept;

impl<K, V> Kept for Engine<K, V>
where
    K: Eq + Send + Sync,
    V: Send + Sync,
{
    fn drop_text(&self, text: &str) {
        self.outdate_text(text);
    }

    fn drop_tag(&self, tag: &str) {
        self.outdate_tag(tag);
    }

    fn drop_matching(&self, pattern: &Pattern) {
        self.outdate_matching(pattern);
    }

    fn drop_all(&self) {
        self.outdate_all();
    }
}
