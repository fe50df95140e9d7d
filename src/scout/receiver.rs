//! What a call is made on, as the text before its name shows in every language: nothing, the caller's own
//! object, its base, something with a name, or an expression.

/// What a name is called on. As a number in the cache, see [`Receiver::pack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver<T> {
    /// `f()`.
    Nothing,
    /// `self.f()`.
    Own,
    /// `super.f()`.
    Base,
    /// `f().g()`: no name tells.
    Unknown,
    /// `x.f()`, `Type::f()`, `a.x.f()`: the last name before the dot.
    Named(T),
}

impl Receiver<u32> {
    pub(crate) fn pack(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Own => 1,
            Self::Base => 2,
            Self::Unknown => 3,
            Self::Named(name) => name.saturating_add(4),
        }
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        match packed {
            0 => Self::Nothing,
            1 => Self::Own,
            2 => Self::Base,
            3 => Self::Unknown,
            name => Self::Named(name - 4),
        }
    }
}

impl<T> Receiver<T> {
    pub(crate) fn map<U>(self, name: impl FnOnce(T) -> U) -> Receiver<U> {
        match self {
            Self::Nothing => Receiver::Nothing,
            Self::Own => Receiver::Own,
            Self::Base => Receiver::Base,
            Self::Unknown => Receiver::Unknown,
            Self::Named(value) => Receiver::Named(name(value)),
        }
    }
}

const DOTS: [&str; 7] = ["?.", "!!.", "&.", "?->", "->", "::", "."];
const OWN: [&str; 7] = ["self", "this", "cls", "Self", "$this", "static", "me"];
const BASE: [&str; 3] = ["super", "base", "parent"];

/// What stands before a name that is called at `at`. `own`: what the definition around it calls its own
/// object, where the language lets it choose.
pub(crate) fn before<'a>(source: &'a str, at: usize, own: Option<&str>) -> Receiver<&'a str> {
    let Some(text) = source.get(..at) else { return Receiver::Nothing };
    // A chain of calls goes on in the next line.
    let text = text.trim_end();
    let Some(text) = DOTS.iter().find_map(|dot| text.strip_suffix(dot)) else { return Receiver::Nothing };
    let text = text.trim_end();
    if text.ends_with("super()") {
        return Receiver::Base;
    }
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '$' | '@'))
        .last()
        .map(|(at, _)| at);
    let Some(name) = start.and_then(|start| text.get(start..)) else { return Receiver::Unknown };
    let alone = !text.get(..start.unwrap_or(0)).is_some_and(|before| before.ends_with(['.', '>', ':']));
    if alone && (OWN.contains(&name) || own == Some(name)) {
        Receiver::Own
    } else if alone && BASE.contains(&name) {
        Receiver::Base
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Receiver::Unknown
    } else {
        Receiver::Named(name.trim_start_matches(['$', '@']))
    }
}

#[cfg(test)]
mod tests {
    use super::{Receiver, before};

    #[test]
    fn shows_in_the_text_before_the_name() {
        for (source, expected) in [
            ("x = f(1)", Receiver::Nothing),
            ("self.f()", Receiver::Own),
            ("$this->f()", Receiver::Own),
            ("Self::f()", Receiver::Own),
            ("c.f()", Receiver::Own),
            ("super().f()", Receiver::Base),
            ("parent::f()", Receiver::Base),
            ("self.jar.f()", Receiver::Named("jar")),
            ("this?.f()", Receiver::Own),
            ("a::Type::f()", Receiver::Named("Type")),
            ("$app->f()", Receiver::Named("app")),
            ("make().f()", Receiver::Unknown),
            ("items[0]\n    .f()", Receiver::Unknown),
            ("request\n    .f()", Receiver::Named("request")),
        ] {
            let at = source.rfind("f(").expect("a call");
            assert_eq!(before(source, at, Some("c")), expected, "{source}");
        }
    }

    proptest::proptest! {
        #[test]
        fn comes_back_as_it_was(name in 0..u32::MAX - 4) {
            for receiver in [Receiver::Nothing, Receiver::Own, Receiver::Base, Receiver::Unknown, Receiver::Named(name)] {
                assert_eq!(Receiver::unpack(receiver.pack()), receiver);
            }
        }

        #[test]
        fn never_panics(text: String, at: usize) {
            before(&text, at % (text.len() + 1), None);
        }
    }
}
