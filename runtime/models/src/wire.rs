//! Reading protobuf in place.
//!
//! A model file may come from anywhere. A generated decoder builds every message before anything can be
//! judged, and two bytes on the wire (an empty message) become hundreds in memory. Here a message is a
//! borrowed slice, nothing is allocated by reading, and the file's structure can also be copied with
//! some parts left out, byte for byte.

/// The bytes are not protobuf, at this position of the innermost message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

pub(crate) type Result<T, E = Malformed> = std::result::Result<T, E>;

/// One field of a message, with its bytes as they stand in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) number: u64,
    pub(crate) value: Value<'a>,
    /// The key, the length where there is one, and the value.
    pub(crate) raw: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed32,
    Fixed64,
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    pub(crate) fn bytes(&self) -> Result<&'a [u8]> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed("a field has the wrong wire type")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a name is not UTF-8"))
    }

    /// A signed integer of the proto types `int64`, `int32` and enumerations.
    pub(crate) fn integer(&self) -> Result<i64> {
        match self.value {
            Value::Varint(bits) => Ok(bits.cast_signed()),
            _ => Err(Malformed("a field has the wrong wire type")),
        }
    }

    /// Calls `each` for the integers of a repeated field, packed or not.
    pub(crate) fn integers(&self, mut each: impl FnMut(i64) -> Result<()>) -> Result<()> {
        match self.value {
            Value::Varint(bits) => each(bits.cast_signed()),
            Value::Bytes(mut rest) => {
                while !rest.is_empty() {
                    each(varint(&mut rest)?.cast_signed())?;
                }
                Ok(())
            }
            _ => Err(Malformed("a field has the wrong wire type")),
        }
    }

    /// How many 32-bit numbers a repeated field of floats holds, packed or not.
    pub(crate) fn count_of_floats(&self) -> Result<u64> {
        match self.value {
            Value::Fixed32 => Ok(1),
            Value::Bytes(bytes) if bytes.len() % 4 == 0 => Ok(bytes.len() as u64 / 4),
            _ => Err(Malformed("a list of numbers has a broken length")),
        }
    }
}

/// The fields of a message, in the file's order. Ends after the first error.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

pub(crate) fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Result<Field<'a>> {
        let start = self.rest;
        let key = varint(&mut self.rest)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let length = varint(&mut self.rest)?;
                let length = usize::try_from(length).map_err(|_| CUT_SHORT)?;
                Value::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Value::Fixed32
            }
            _ => return Err(Malformed("a field has an unknown wire type")),
        };
        let number = key >> 3;
        if number == 0 {
            return Err(Malformed("a field has the number 0"));
        }
        let raw = &start[..start.len() - self.rest.len()];
        Ok(Field { number, value, raw })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(taken)
    }
}

const CUT_SHORT: Malformed = Malformed("the file ends in the middle of a field");

fn varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(CUT_SHORT)?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed("an integer is longer than ten bytes"))
}

/// Appends a field whose value is a message, a text or bytes.
pub(crate) fn write_bytes(out: &mut Vec<u8>, number: u64, value: &[u8]) {
    write_varint(out, number << 3 | 2);
    write_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a field whose value is an integer.
pub(crate) fn write_integer(out: &mut Vec<u8>, number: u64, value: u64) {
    write_varint(out, number << 3);
    write_varint(out, value);
}

fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
