//! Does the story of s3-clients.test.ts with the unmodified object_store, and prints what it saw as JSON.

use std::env::var;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutOptions, WriteMultipart,
};
use serde_json::json;

const KEY: &str = "ordner/Grüße & +1%.txt";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = AmazonS3Builder::new()
        .with_endpoint(var("ENDPOINT")?)
        .with_allow_http(true)
        .with_region("eu-anywhere-1")
        .with_bucket_name(var("BUCKET")?)
        .with_access_key_id(var("KEY_ID")?)
        .with_secret_access_key(var("KEY_SECRET")?)
        .build()?;
    let key = Path::parse(KEY)?;
    let copy = Path::from("ordner/copy");
    let large = Path::from("ordner/large");
    let prefix = Path::from("ordner");

    let colour = Attribute::Metadata("colour".into());
    let attributes = Attributes::from_iter([(colour.clone(), "blue")]);
    let options = PutOptions::from(attributes);
    store.put_opts(&key, "hello".into(), options).await?;
    let object = store.get(&key).await?;
    let seen_colour = object
        .attributes
        .get(&colour)
        .map(|value| value.to_string());
    let text = object.bytes().await?;
    let range = store.get_range(&key, 1..4).await?;
    store.copy(&key, &copy).await?;
    let copied = store.get(&copy).await?.bytes().await?;

    let content = Bytes::from("0123456789abcdef".repeat(12 << 16));
    let mut upload = WriteMultipart::new(store.put_multipart(&large).await?);
    upload.write(&content);
    upload.finish().await?;
    let is_same = store.get(&large).await?.bytes().await? == content;

    let url = store
        .signed_url("GET".parse()?, &key, Duration::from_secs(60))
        .await?;

    let list = || async {
        let found: Vec<_> = store.list(Some(&prefix)).try_collect().await?;
        let mut keys: Vec<_> = found.into_iter().map(|each| each.location).collect();
        keys.sort();
        Ok::<_, Error>(keys)
    };
    let keys = list().await?;
    let locations = futures_util::stream::iter(keys.clone().into_iter().map(Ok));
    let url_of_text = url.to_string();
    store
        .delete_stream(Box::pin(locations))
        .try_collect::<Vec<_>>()
        .await?;
    let left = list().await?;
    let is_missing = matches!(store.head(&key).await, Err(Error::NotFound { .. }));
    let names = |paths: &[Path]| {
        paths
            .iter()
            .map(|path| path.to_string())
            .collect::<Vec<_>>()
    };
    let lossy = |bytes: &Bytes| String::from_utf8_lossy(bytes).to_string();
    println!(
        "{}",
        json!({
            "colour": seen_colour,
            "text": lossy(&text),
            "range": lossy(&range),
            "copy": lossy(&copied),
            "large": is_same,
            "signed": url_of_text.contains("X-Amz-Signature="),
            "keys": names(&keys),
            "left": names(&left),
            "missing": if is_missing { "NoSuchKey" } else { "" },
        })
    );
    Ok(())
}
