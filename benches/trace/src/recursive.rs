//! Recursive programs: nearly every allocation has a stack that no other has.

use std::hint::black_box;

/// Pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end
    }
}

/// One round makes so many nodes, or bytes of text.
const SIZE: usize = 10_000;

/// A search tree, built from its points by divide and conquer.
pub fn builder(rounds: usize) {
    let mut random = Random(1);
    for _ in 0..rounds {
        let mut points: Vec<u64> = (0..SIZE).map(|_| random.below(1 << 40) as u64).collect();
        black_box(build(&mut points));
    }
}

struct Point {
    _value: u64,
    _lower: Option<Box<Point>>,
    _upper: Option<Box<Point>>,
}

#[inline(never)]
fn build(points: &mut [u64]) -> Option<Box<Point>> {
    let (&mut value, rest) = points.split_first_mut()?;
    let mut middle = 0;
    for index in 0..rest.len() {
        if rest[index] < value {
            rest.swap(index, middle);
            middle += 1;
        }
    }
    let (lower, upper) = rest.split_at_mut(middle);
    let (_lower, _upper) = (build(lower), build(upper));
    Some(Box::new(Point { _value: value, _lower, _upper }))
}

/// Expressions, written as text and read again by recursive descent.
pub fn parser(rounds: usize) {
    let mut random = Random(1);
    for _ in 0..rounds {
        let mut text = String::new();
        write(&mut random, &mut text, SIZE);
        let mut parser = Parser { text: text.as_bytes(), next: 0 };
        black_box(parser.expression());
        assert_eq!(parser.next, text.len());
    }
}

/// An expression of about this many bytes.
fn write(random: &mut Random, text: &mut String, size: usize) {
    if size < 8 {
        return text.push_str(["x", "42", "-y", "speed"][random.below(4)]);
    }
    let part = 1 + random.below(size - 1);
    match random.below(5) {
        0 => {
            text.push('(');
            write(random, text, size - 2);
            text.push(')');
        }
        1 => {
            text.push_str("call(");
            write(random, text, part);
            text.push(',');
            write(random, text, size - part);
            text.push(')');
        }
        number => {
            write(random, text, part);
            text.push(['+', '*', '<'][number - 2]);
            write(random, text, size - part);
        }
    }
}

enum Expression {
    Number { _value: u64 },
    Variable { _name: String },
    Negated { _of: Box<Expression> },
    Pair { _operator: u8, _operands: Box<[Expression; 2]> },
    Call { _name: String, _arguments: Vec<Expression> },
}

struct Parser<'a> {
    text: &'a [u8],
    next: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.text.get(self.next) == Some(&wanted);
        self.next += usize::from(found);
        found
    }

    fn word(&mut self) -> &str {
        let rest = &self.text[self.next..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        self.next += length;
        std::str::from_utf8(&rest[..length]).expect("ASCII")
    }

    #[inline(never)]
    fn expression(&mut self) -> Expression {
        let left = self.sum();
        if self.take(b'<') { pair(b'<', left, self.expression()) } else { left }
    }

    #[inline(never)]
    fn sum(&mut self) -> Expression {
        let left = self.product();
        if self.take(b'+') { pair(b'+', left, self.sum()) } else { left }
    }

    #[inline(never)]
    fn product(&mut self) -> Expression {
        let left = self.factor();
        if self.take(b'*') { pair(b'*', left, self.product()) } else { left }
    }

    #[inline(never)]
    fn factor(&mut self) -> Expression {
        if self.take(b'-') {
            return Expression::Negated { _of: Box::new(self.factor()) };
        }
        if self.take(b'(') {
            let inner = self.expression();
            assert!(self.take(b')'));
            return inner;
        }
        let word = self.word();
        if let Ok(_value) = word.parse() {
            return Expression::Number { _value };
        }
        let _name = word.to_owned();
        if !self.take(b'(') {
            return Expression::Variable { _name };
        }
        Expression::Call { _name, _arguments: self.arguments() }
    }

    #[inline(never)]
    fn arguments(&mut self) -> Vec<Expression> {
        let mut arguments = Vec::new();
        while !self.take(b')') {
            arguments.push(self.expression());
            self.take(b',');
        }
        arguments
    }
}

fn pair(_operator: u8, left: Expression, right: Expression) -> Expression {
    Expression::Pair { _operator, _operands: Box::new([left, right]) }
}

/// A tree whose nodes have up to eight children, each from a call of its own.
pub fn wide(rounds: usize) {
    let mut random = Random(1);
    for _ in 0..rounds {
        black_box(grow(&mut random, SIZE));
    }
}

struct Wide {
    _children: [Option<Box<Wide>>; 8],
}

#[inline(never)]
fn grow(random: &mut Random, size: usize) -> Option<Box<Wide>> {
    let mut rest = size.checked_sub(1)?;
    let mut sizes = [0; 8];
    for part in &mut sizes {
        *part = random.below(rest.min(size / 4) + 1);
        rest -= *part;
    }
    let _children = [
        grow(random, sizes[0]),
        grow(random, sizes[1]),
        grow(random, sizes[2]),
        grow(random, sizes[3]),
        grow(random, sizes[4]),
        grow(random, sizes[5]),
        grow(random, sizes[6]),
        grow(random, sizes[7]),
    ];
    Some(Box::new(Wide { _children }))
}
