trait Source {
    fn version(&self) -> u32 {
        let __begun = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "version",
                template: __rt::Template::new(&[""]),
                default_key: true,
                backend: "memory",
                is_async: false,
            });
            let __found = __SITE
                .call(())
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<u32>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
                    |_| {},
                );
            match __found {
                ::core::result::Result::Ok(__output) => return __output,
                ::core::result::Result::Err(__begun) => __begun,
            }
        };
        let mut __flight = match __begun.wait() {
            ::cached_core::__private::Lookup::Found(__output) => return __output,
            ::cached_core::__private::Lookup::Lead(__flight) => __flight,
        };
        let __output = __flight.run(move || -> u32 { self.fetch_version() });
        __flight.finish(__output, |_| {})
    }
}
