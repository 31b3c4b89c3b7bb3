//! Reading and writing objects of an object store, as blocking streams.

use std::io::{self, Read, Write};
use std::ops::Range;

use bytes::{Buf, Bytes};
use futures_util::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::{GetOptions, ObjectMeta, ObjectStoreExt};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::RemotePlace;
use super::runtime::wait;

/// How many chunks are fetched ahead of the reader. Chunks are what the connection gives: some ten kilobytes.
const CHUNKS_AHEAD: usize = 16;
/// What is uploaded at a time.
const PART_BYTES: usize = 8 << 20;

impl RemotePlace {
    pub(super) fn url(&self) -> String {
        format!("{}/{}", self.base, self.path)
    }

    /// Size and name of the object, or `None` if there is none.
    pub(super) fn head(&self) -> io::Result<Option<ObjectMeta>> {
        let place = self.clone();
        match wait(async move { place.store.head(&place.path).await })? {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// The objects whose names start with this path and a slash.
    pub(super) fn list(&self) -> io::Result<Vec<ObjectMeta>> {
        let place = self.clone();
        wait(async move { place.store.list(Some(&place.path)).try_collect().await })?
            .map_err(io::Error::other)
    }

    /// The objects directly in this folder.
    pub(super) fn list_folder(&self) -> io::Result<Vec<ObjectMeta>> {
        let place = self.clone();
        let listed = wait(async move { place.store.list_with_delimiter(Some(&place.path)).await })?;
        Ok(listed.map_err(io::Error::other)?.objects)
    }

    pub(super) fn read_range(&self, range: Range<u64>) -> io::Result<Bytes> {
        let place = self.clone();
        wait(async move { place.store.get_range(&place.path, range).await })?
            .map_err(io::Error::other)
    }

    pub(super) fn read_ranges(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        let place = self.clone();
        let ranges = ranges.to_vec();
        wait(async move { place.store.get_ranges(&place.path, &ranges).await })?
            .map_err(io::Error::other)
    }

    /// The object from its start. A task fetches some chunks ahead and stops when the reader is dropped.
    pub(super) fn stream(&self) -> io::Result<RemoteReader> {
        let place = self.clone();
        let receiver = wait(async move {
            let result = place
                .store
                .get_opts(&place.path, GetOptions::default())
                .await;
            let mut chunks = match result {
                Ok(found) => found.into_stream(),
                Err(error) => return Err(io::Error::other(error)),
            };
            let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
            tokio::spawn(async move {
                while let Some(chunk) = chunks.next().await {
                    let failed = chunk.is_err();
                    if sender.send(chunk.map_err(io::Error::other)).await.is_err() || failed {
                        return;
                    }
                }
            });
            Ok(receiver)
        })??;
        Ok(RemoteReader {
            receiver: Some(receiver),
            chunk: Bytes::new(),
        })
    }
}

pub(super) struct RemoteReader {
    /// Away while a chunk is waited for; gone at the end.
    receiver: Option<mpsc::Receiver<io::Result<Bytes>>>,
    chunk: Bytes,
}

impl Read for RemoteReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let Some(mut receiver) = self.receiver.take() else {
                return Ok(0);
            };
            let (receiver, chunk) = wait(async move {
                let chunk = receiver.recv().await;
                (receiver, chunk)
            })?;
            if let Some(chunk) = chunk {
                self.chunk = chunk?;
                self.receiver = Some(receiver);
            }
        }
        let length = buffer.len().min(self.chunk.len());
        buffer[..length].copy_from_slice(&self.chunk[..length]);
        self.chunk.advance(length);
        Ok(length)
    }
}

/// An object that is being written. It appears when it is complete.
pub(super) struct RemoteWriter {
    /// Away while a part is waited for; gone after a failure.
    upload: Option<BufWriter>,
    part: Vec<u8>,
}

impl RemoteWriter {
    pub(super) fn new(place: &RemotePlace) -> Self {
        Self {
            upload: Some(BufWriter::with_capacity(
                place.store.clone(),
                place.path.clone(),
                PART_BYTES,
            )),
            part: Vec::new(),
        }
    }

    fn send_part(&mut self) -> io::Result<()> {
        let Some(mut upload) = self.upload.take() else {
            return Err(io::Error::other("an earlier part of the upload failed"));
        };
        let part = std::mem::take(&mut self.part);
        let (upload, result) = wait(async move {
            let result = upload.write_all(&part).await;
            (upload, result)
        })?;
        self.upload = Some(upload);
        result
    }

    pub(super) fn complete(mut self) -> io::Result<()> {
        let result = self.send_part().and_then(|()| match self.upload.take() {
            Some(mut upload) => {
                let (upload, result) = wait(async move {
                    let result = upload.shutdown().await;
                    (upload, result)
                })?;
                if result.is_err() {
                    self.upload = Some(upload);
                }
                result
            }
            None => Ok(()),
        });
        if result.is_err() {
            self.abort();
        }
        result
    }

    pub(super) fn abort(mut self) {
        if let Some(mut upload) = self.upload.take() {
            // An upload that cannot be aborted is never completed either; stores expire it.
            let _ = wait(async move { upload.abort().await });
        }
    }
}

impl Write for RemoteWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(buffer);
        if self.part.len() >= PART_BYTES {
            self.send_part()?;
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
