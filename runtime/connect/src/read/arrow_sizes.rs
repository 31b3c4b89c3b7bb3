//! Sizes that compressed Arrow data says of itself.
//!
//! The decoder asks for as much memory as a buffer says to have when it is decompressed, before it looks at the buffer;
//! memory that cannot be had ends the process. So what a buffer says is checked first.

use std::io::{self, Cursor, Read};

use arrow_ipc::{RecordBatch, root_as_message};

/// What begins a message of current versions.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Bytes in front of a compressed buffer: its decompressed size, or -1 where it is not compressed.
const SIZE_BYTES: usize = 8;
/// The most that one byte can be decompressed to: Zstandard repeats a byte 128 KiB long with a block of 4 bytes, LZ4 stays
/// far below.
const MOST_BYTES_OF_ONE: u64 = 32 << 10;

/// Checks what a block says: a message, whose metadata has `metadata_length` bytes, and its body.
pub(super) fn check_declared_sizes(block: &[u8], metadata_length: usize) -> Result<(), String> {
    let Some(body) = block.get(metadata_length..) else {
        return Ok(());
    };
    let start = match block.starts_with(&CONTINUATION) {
        true => 8,
        false => 4,
    };
    // As the decoder does, without regard to the length of the metadata: it may be wrong. What is no message is
    // refused by the decoder.
    let Some(Ok(message)) = block.get(start..).map(root_as_message) else {
        return Ok(());
    };
    let batch = message.header_as_record_batch().or_else(|| {
        message
            .header_as_dictionary_batch()
            .and_then(|dictionary| dictionary.data())
    });
    batch.map_or(Ok(()), |batch| check_batch(&batch, body))
}

fn check_batch(batch: &RecordBatch<'_>, body: &[u8]) -> Result<(), String> {
    if batch.compression().is_none() {
        return Ok(());
    }
    let mut total = 0_u64;
    for buffer in batch.buffers().iter().flatten() {
        let place = usize::try_from(buffer.offset())
            .ok()
            .zip(usize::try_from(buffer.length()).ok());
        let bytes = place.and_then(|(start, length)| body.get(start..)?.get(..length));
        // Empty buffers have no size, and those outside of the body are refused by the decoder.
        let Some((size, data)) = bytes.and_then(<[u8]>::split_first_chunk::<SIZE_BYTES>) else {
            continue;
        };
        // A negative size: not compressed, or refused by the decoder.
        let size = u64::try_from(i64::from_le_bytes(*size)).unwrap_or(0);
        if size > (data.len() as u64).saturating_mul(MOST_BYTES_OF_ONE) {
            return Err(format!(
                "a compressed buffer of {} bytes says to have {size} bytes",
                data.len()
            ));
        }
        total = total.saturating_add(size);
    }
    let can_be_had =
        usize::try_from(total).is_ok_and(|total| Vec::<u8>::new().try_reserve_exact(total).is_ok());
    match can_be_had {
        true => Ok(()),
        false => Err(format!(
            "a batch of it has {total} bytes when it is decompressed, for which there is no memory"
        )),
    }
}

/// Hands on a stream message by message, each after its sizes were checked.
pub(super) struct CheckedMessages<R> {
    reader: R,
    message: Cursor<Vec<u8>>,
}

impl<R: Read> CheckedMessages<R> {
    pub(super) fn new(reader: R) -> Self {
        let message = Cursor::default();
        Self { reader, message }
    }

    /// Reads the next message: as much of it as there is, for the decoder says best what is missing.
    fn next_message(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.message).into_inner();
        bytes.clear();
        self.append(&mut bytes, 4)?;
        let prefix = match bytes.starts_with(&CONTINUATION) {
            true => {
                self.append(&mut bytes, 4)?;
                8
            }
            false => 4,
        };
        let length = bytes
            .get(prefix - 4..)
            .and_then(|length| <[u8; 4]>::try_from(length).ok())
            .map_or(0, i32::from_le_bytes);
        self.append(&mut bytes, u64::try_from(length).unwrap_or(0))?;
        let metadata_length = bytes.len();
        let body = root_as_message(&bytes[prefix.min(metadata_length)..])
            .map_or(0, |message| message.bodyLength());
        self.append(&mut bytes, u64::try_from(body).unwrap_or(0))?;
        check_declared_sizes(&bytes, metadata_length)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidData, message))?;
        self.message = Cursor::new(bytes);
        Ok(())
    }

    fn append(&mut self, bytes: &mut Vec<u8>, length: u64) -> io::Result<()> {
        self.reader.by_ref().take(length).read_to_end(bytes)?;
        Ok(())
    }
}

impl<R: Read> Read for CheckedMessages<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.message.position() == self.message.get_ref().len() as u64 {
            self.next_message()?;
        }
        self.message.read(buffer)
    }
}
