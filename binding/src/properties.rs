//! Properties of a class in a table: name, type, value. PyO3 wants a function for each.

/// Says what Python reads of a class, told of what is found in it, and its methods.
macro_rules! properties {
    (
        $class:ident as $found:ident = |$this:ident| $find:expr => {
            $($name:ident: $type:ty = $value:expr;)*
        }
        $($methods:tt)*
    ) => {
        #[pymethods]
        impl $class {
            $(
                #[getter]
                fn $name(&self) -> PyResult<$type> {
                    let $this = self;
                    let $found = $find;
                    Ok($value)
                }
            )*

            $($methods)*
        }
    };
}
pub(crate) use properties;
