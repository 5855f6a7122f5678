#[derive(KeyPart)]
struct UserId(u64);
const _: () = {
    #[automatically_derived]
    impl ::cached_core::KeyPart for UserId
    where
        u64: ::cached_core::KeyPart,
    {
        type Owned = <u64 as ::cached_core::KeyPart>::Owned;
        #[inline]
        fn hash_part<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
            <u64 as ::cached_core::KeyPart>::hash_part(&self.0, __state)
        }
        #[inline]
        fn eq_part(&self, __owned: &Self::Owned) -> bool {
            <u64 as ::cached_core::KeyPart>::eq_part(&self.0, __owned)
        }
        fn to_owned_part(&self) -> Self::Owned {
            <u64 as ::cached_core::KeyPart>::to_owned_part(&self.0)
        }
        fn write_part(
            &self,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            <u64 as ::cached_core::KeyPart>::write_part(&self.0, __out)
        }
        fn write_owned(
            __owned: &Self::Owned,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            <u64 as ::cached_core::KeyPart>::write_owned(__owned, __out)
        }
    }
};
#[derive(KeyPart)]
struct Span<'a, T> {
    name: &'a str,
    from: T,
    to: T,
}
const _: () = {
    #[automatically_derived]
    impl<'a, T: ::cached_core::KeyPart> ::cached_core::KeyPart for Span<'a, T>
    where
        &'a str: ::cached_core::KeyPart,
    {
        type Owned = (
            <&'a str as ::cached_core::KeyPart>::Owned,
            <T as ::cached_core::KeyPart>::Owned,
            <T as ::cached_core::KeyPart>::Owned,
        );
        #[inline]
        fn hash_part<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
            <&'a str as ::cached_core::KeyPart>::hash_part(&self.name, __state);
            <T as ::cached_core::KeyPart>::hash_part(&self.from, __state);
            <T as ::cached_core::KeyPart>::hash_part(&self.to, __state);
        }
        #[inline]
        fn eq_part(&self, __owned: &Self::Owned) -> bool {
            <&'a str as ::cached_core::KeyPart>::eq_part(&self.name, &__owned.0)
                && <T as ::cached_core::KeyPart>::eq_part(&self.from, &__owned.1)
                && <T as ::cached_core::KeyPart>::eq_part(&self.to, &__owned.2)
        }
        fn to_owned_part(&self) -> Self::Owned {
            (
                <&'a str as ::cached_core::KeyPart>::to_owned_part(&self.name),
                <T as ::cached_core::KeyPart>::to_owned_part(&self.from),
                <T as ::cached_core::KeyPart>::to_owned_part(&self.to),
            )
        }
        fn write_part(
            &self,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            __out.raw("(")?;
            <&'a str as ::cached_core::KeyPart>::write_part(&self.name, __out)?;
            __out.raw(",")?;
            <T as ::cached_core::KeyPart>::write_part(&self.from, __out)?;
            __out.raw(",")?;
            <T as ::cached_core::KeyPart>::write_part(&self.to, __out)?;
            __out.raw(")")
        }
        fn write_owned(
            __owned: &Self::Owned,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            __out.raw("(")?;
            <&'a str as ::cached_core::KeyPart>::write_owned(&__owned.0, __out)?;
            __out.raw(",")?;
            <T as ::cached_core::KeyPart>::write_owned(&__owned.1, __out)?;
            __out.raw(",")?;
            <T as ::cached_core::KeyPart>::write_owned(&__owned.2, __out)?;
            __out.raw(")")
        }
    }
};
#[derive(KeyPart)]
enum Currency {
    Eur,
    Other(String, u8),
    Custom { code: u32 },
}
const _: () = {
    /// What a key keeps of [`Currency`].
    #[derive(PartialEq, Eq)]
    #[allow(
        missing_docs,
        non_camel_case_types,
        unreachable_pub,
        clippy::all,
        clippy::pedantic
    )]
    pub enum __Owned<__T0, __T1, __T2> {
        Eur,
        Other(__T0, __T1),
        Custom(__T2),
    }
    #[automatically_derived]
    impl ::cached_core::KeyPart for Currency
    where
        String: ::cached_core::KeyPart,
        u8: ::cached_core::KeyPart,
        u32: ::cached_core::KeyPart,
    {
        type Owned = __Owned<
            <String as ::cached_core::KeyPart>::Owned,
            <u8 as ::cached_core::KeyPart>::Owned,
            <u32 as ::cached_core::KeyPart>::Owned,
        >;
        #[inline]
        fn hash_part<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
            match self {
                Self::Eur {} => {
                    ::core::hash::Hasher::write_u32(__state, 0);
                }
                Self::Other { 0: __here0, 1: __here1 } => {
                    ::core::hash::Hasher::write_u32(__state, 1);
                    <String as ::cached_core::KeyPart>::hash_part(__here0, __state);
                    <u8 as ::cached_core::KeyPart>::hash_part(__here1, __state);
                }
                Self::Custom { code: __here0 } => {
                    ::core::hash::Hasher::write_u32(__state, 2);
                    <u32 as ::cached_core::KeyPart>::hash_part(__here0, __state);
                }
            }
        }
        #[inline]
        fn eq_part(&self, __owned: &Self::Owned) -> bool {
            match (self, __owned) {
                (Self::Eur {}, __Owned::Eur) => true,
                (
                    Self::Other { 0: __here0, 1: __here1 },
                    __Owned::Other(__there0, __there1),
                ) => {
                    <String as ::cached_core::KeyPart>::eq_part(__here0, __there0)
                        && <u8 as ::cached_core::KeyPart>::eq_part(__here1, __there1)
                }
                (Self::Custom { code: __here0 }, __Owned::Custom(__there0)) => {
                    <u32 as ::cached_core::KeyPart>::eq_part(__here0, __there0)
                }
                _ => false,
            }
        }
        fn to_owned_part(&self) -> Self::Owned {
            match self {
                Self::Eur {} => __Owned::Eur,
                Self::Other { 0: __here0, 1: __here1 } => {
                    __Owned::Other(
                        <String as ::cached_core::KeyPart>::to_owned_part(__here0),
                        <u8 as ::cached_core::KeyPart>::to_owned_part(__here1),
                    )
                }
                Self::Custom { code: __here0 } => {
                    __Owned::Custom(
                        <u32 as ::cached_core::KeyPart>::to_owned_part(__here0),
                    )
                }
            }
        }
        fn write_part(
            &self,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            match self {
                Self::Eur {} => ::core::fmt::Write::write_str(__out, "Eur"),
                Self::Other { 0: __here0, 1: __here1 } => {
                    ::core::fmt::Write::write_str(__out, "Other")?;
                    __out.raw("(")?;
                    <String as ::cached_core::KeyPart>::write_part(__here0, __out)?;
                    __out.raw(",")?;
                    <u8 as ::cached_core::KeyPart>::write_part(__here1, __out)?;
                    __out.raw(")")
                }
                Self::Custom { code: __here0 } => {
                    ::core::fmt::Write::write_str(__out, "Custom")?;
                    __out.raw("(")?;
                    <u32 as ::cached_core::KeyPart>::write_part(__here0, __out)?;
                    __out.raw(")")
                }
            }
        }
        fn write_owned(
            __owned: &Self::Owned,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            match __owned {
                __Owned::Eur => ::core::fmt::Write::write_str(__out, "Eur"),
                __Owned::Other(__there0, __there1) => {
                    ::core::fmt::Write::write_str(__out, "Other")?;
                    __out.raw("(")?;
                    <String as ::cached_core::KeyPart>::write_owned(__there0, __out)?;
                    __out.raw(",")?;
                    <u8 as ::cached_core::KeyPart>::write_owned(__there1, __out)?;
                    __out.raw(")")
                }
                __Owned::Custom(__there0) => {
                    ::core::fmt::Write::write_str(__out, "Custom")?;
                    __out.raw("(")?;
                    <u32 as ::cached_core::KeyPart>::write_owned(__there0, __out)?;
                    __out.raw(")")
                }
            }
        }
    }
};
#[derive(KeyPart)]
struct Everything;
const _: () = {
    #[automatically_derived]
    impl ::cached_core::KeyPart for Everything {
        type Owned = ();
        #[inline]
        fn hash_part<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
            let _ = __state;
        }
        #[inline]
        fn eq_part(&self, __owned: &Self::Owned) -> bool {
            let _ = __owned;
            true
        }
        fn to_owned_part(&self) -> Self::Owned {}
        fn write_part(
            &self,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            ::core::fmt::Write::write_str(__out, "Everything")
        }
        fn write_owned(
            __owned: &Self::Owned,
            __out: &mut ::cached_core::__private::KeyWriter<'_>,
        ) -> ::core::fmt::Result {
            let _ = __owned;
            ::core::fmt::Write::write_str(__out, "Everything")
        }
    }
};
