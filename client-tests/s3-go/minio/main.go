// Does the story of s3-clients.test.ts with the unmodified minio-go, and prints what it saw as JSON.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const key = "ordner/Grüße & +1%.txt"

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func text(body io.ReadCloser) string {
	defer body.Close()
	return string(must(io.ReadAll(body)))
}

func main() {
	ctx := context.Background()
	bucket := os.Getenv("BUCKET")
	endpoint := must(url.Parse(os.Getenv("ENDPOINT")))
	client := must(minio.New(endpoint.Host, &minio.Options{
		Creds:           credentials.NewStaticV4(os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET"), ""),
		TrailingHeaders: true,
	}))
	saw := map[string]any{}
	options := minio.PutObjectOptions{UserMetadata: map[string]string{"colour": "blue"}}
	must(client.PutObject(ctx, bucket, key, strings.NewReader("hello"), 5, options))
	get := func(key string) string {
		return text(must(client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})))
	}
	saw["colour"] = must(client.StatObject(ctx, bucket, key, minio.StatObjectOptions{})).UserMetadata["Colour"]
	saw["text"] = get(key)
	part := minio.GetObjectOptions{}
	must(0, part.SetRange(1, 3))
	saw["range"] = text(must(client.GetObject(ctx, bucket, key, part)))
	must(client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "ordner/copy"}, minio.CopySrcOptions{Bucket: bucket, Object: key}))
	saw["copy"] = get("ordner/copy")

	// What has no length comes in parts, whose chunks are signed here, with a checksum behind them.
	content := bytes.Repeat([]byte("0123456789abcdef"), 12<<16)
	large := minio.PutObjectOptions{PartSize: 5 << 20, Checksum: minio.ChecksumCRC32C}
	must(client.PutObject(ctx, bucket, "ordner/large", io.MultiReader(bytes.NewReader(content)), -1, large))
	saw["large"] = sha256.Sum256([]byte(get("ordner/large"))) == sha256.Sum256(content)

	address := must(client.PresignedGetObject(ctx, bucket, key, time.Minute, url.Values{}))
	saw["url"] = text(must(http.Get(address.String())).Body)

	keys := func() []string {
		found := []string{}
		for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: "ordner/", Recursive: true}) {
			must(0, object.Err)
			found = append(found, object.Key)
		}
		return found
	}
	saw["keys"] = keys()
	objects := make(chan minio.ObjectInfo, 10)
	for _, key := range keys() {
		objects <- minio.ObjectInfo{Key: key}
	}
	close(objects)
	for fault := range client.RemoveObjects(ctx, bucket, objects, minio.RemoveObjectsOptions{}) {
		panic(fault.Err)
	}
	saw["left"] = keys()
	_, err := client.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	saw["missing"] = minio.ToErrorResponse(err).Code
	must(0, json.NewEncoder(os.Stdout).Encode(saw))
}
