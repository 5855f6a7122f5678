//! G1: an annotation does not take `Send` from a future that had it, whatever the error is.

use std::error::Error;

use cached_core::{cache, invalidates};

fn assert_send<T: Send>(future: T) -> T {
    future
}

#[cache(ttl = 60, key = "send:{id}", tags = ["send:{result}"])]
async fn read(id: u64) -> Result<Option<u64>, Box<dyn Error>> {
    tokio::task::yield_now().await;
    Ok(Some(id))
}

#[invalidates(read(id))]
async fn write(id: u64) -> Result<u64, Box<dyn Error>> {
    tokio::task::yield_now().await;
    if id == 0 { Err("nothing has the id 0".into()) } else { Ok(id) }
}

#[invalidates("send:{result}", when = *result > 0)]
async fn write_and_tell(id: u64) -> Result<Option<u64>, Box<dyn Error>> {
    tokio::task::yield_now().await;
    Ok(Some(id))
}

#[tokio::test]
async fn a_future_whose_error_is_not_send_stays_send() -> Result<(), Box<dyn Error>> {
    assert_eq!(assert_send(read(7)).await?, Some(7));
    assert_eq!(assert_send(write(7)).await?, 7);
    assert_eq!(read::cache().len(), 0);
    read(7).await?;
    assert_eq!(assert_send(write_and_tell(7)).await?, Some(7));
    assert_eq!(read::cache().len(), 0);
    read(0).await?;
    assert!(assert_send(write(0)).await.is_err());
    assert_eq!(read::cache().len(), 1, "a write that failed invalidates nothing");
    Ok(())
}
