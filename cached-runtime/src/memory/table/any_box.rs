//! A box of some type.

use std::any::{Any, TypeId};
use std::fmt;

/// Like a `Box<dyn Any>`, but asking for its type is a comparison and no call: a hit of an annotated function does so.
pub(crate) struct AnyBox {
    /// That of the content.
    id: TypeId,
    content: Box<dyn Any + Send + Sync>,
}

impl AnyBox {
    pub(crate) fn new<T: Send + Sync + 'static>(content: T) -> Self {
        Self { id: TypeId::of::<T>(), content: Box::new(content) }
    }

    /// The content, if it is of this type.
    #[inline]
    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        let content = &raw const *self.content;
        // SAFETY: the content has been of the type with this id ever since it was boxed, and lives as long as the box.
        (self.id == TypeId::of::<T>()).then(|| unsafe { &*content.cast::<T>() })
    }
}

impl fmt::Debug for AnyBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyBox").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_gives_its_content_as_what_it_is_and_as_nothing_else() {
        let boxed = AnyBox::new(vec!["a".to_owned()]);
        assert_eq!(boxed.get::<Vec<String>>().map(Vec::len), Some(1));
        assert!(boxed.get::<String>().is_none() && boxed.get::<Box<Vec<String>>>().is_none());
    }
}
