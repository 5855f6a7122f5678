trait Source {
    fn version(&self) -> u32 {
        let mut __flight = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "version",
                template: __rt::Template::new(&[""]),
                default_key: true,
                backend: "memory",
                is_async: false,
            });
            let __begin = __SITE
                .call(())
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<u32>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
                    |_| {},
                );
            match __begin.wait() {
                __rt::Lookup::Found(__output) => return __output,
                __rt::Lookup::Lead(__flight) => __flight,
            }
        };
        let __output = __flight.run(move || -> u32 { self.fetch_version() });
        __flight.finish(__output, |_| {})
    }
}
