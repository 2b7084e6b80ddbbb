//! Functions that macros have made.

use mem_profile::mem_profile;

macro_rules! whole {
    ($name:ident, $number:expr) => {
        /// Made in whole by the macro.
        #[mem_profile] //x 1
        #[must_use]
        pub fn $name() -> usize {
            let number: usize = $number; //x 1
            if number > 100 { //x 1
                return 0;
            }
            number + 1 //x 1
        } //x 1
    };
}

macro_rules! around {
    ($name:ident($parameter:ident) $body:block) => {
        /// A signature of the macro around a body of the user's.
        #[mem_profile]
        #[must_use]
        pub fn $name($parameter: usize) -> usize $body
    };
}

macro_rules! through {
    ($(#[$attribute:meta])* $name:ident { $($statement:stmt;)* } => $value:expr) => {
        /// Inserts statements into a body of its own. They have no rows there.
        $(#[$attribute])* //x 1
        #[must_use]
        pub fn $name() -> usize {
            let three = 3; //x 1
            $($statement;)*
            $value + three
        } //x 1
    };
}

macro_rules! item {
    ($item:item) => {
        #[mem_profile]
        $item
    };
}

whole!(whole, 7);

around!(around(number) { //x 1
    let next = number + 1; //x 1

    match next { //x 1
        0 => 1,
        2..=9 => next * 2, //x 1
        _ => next,
    }
}); //x 1

through! {
    #[mem_profile]
    through {
        let first = 1;
        let second = first + 1;
    } => first + second
}

item! {
    /// Is passed through.
    #[must_use]
    pub fn item(number: usize) -> usize { //x 1
        let next = number + 1; //x 1
        next * 2 //x 1
    } //x 1
}
