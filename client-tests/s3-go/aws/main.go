// Does the story of s3-clients.test.ts with the unmodified aws-sdk-go-v2, and prints what it saw as JSON.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
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
	bucket := aws.String(os.Getenv("BUCKET"))
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(os.Getenv("ENDPOINT")),
		Region:       "eu-anywhere-1",
		Credentials:  credentials.NewStaticCredentialsProvider(os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET"), ""),
		UsePathStyle: true,
	})
	saw := map[string]any{}
	must(client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String(key), Body: strings.NewReader("hello"),
		Metadata: map[string]string{"colour": "blue"},
	}))
	get := func(key string, length *string) *s3.GetObjectOutput {
		return must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String(key), Range: length}))
	}
	object := get(key, nil)
	saw["colour"] = object.Metadata["colour"]
	saw["text"] = text(object.Body)
	saw["range"] = text(get(key, aws.String("bytes=1-3")).Body)
	source := aws.String(*bucket + "/" + url.PathEscape(key))
	must(client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("ordner/copy"), CopySource: source}))
	saw["copy"] = text(get("ordner/copy", nil).Body)

	// A reader that cannot be sought comes in parts.
	content := bytes.Repeat([]byte("0123456789abcdef"), 12<<16)
	must(manager.NewUploader(client).Upload(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("ordner/large"), Body: io.MultiReader(bytes.NewReader(content)),
	}))
	saw["large"] = sha256.Sum256([]byte(text(get("ordner/large", nil).Body))) == sha256.Sum256(content)

	request := must(s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String(key)}))
	saw["url"] = text(must(http.Get(request.URL)).Body)

	keys := []string{}
	list := func() {
		page := must(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("ordner/")}))
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	list()
	saw["keys"] = keys
	objects := []types.ObjectIdentifier{}
	for _, key := range keys {
		objects = append(objects, types.ObjectIdentifier{Key: aws.String(key)})
	}
	must(client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: objects}}))
	keys = []string{}
	list()
	saw["left"] = keys
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String(key)})
	var fault smithy.APIError
	if errors.As(err, &fault) {
		saw["missing"] = fault.ErrorCode()
	}
	must(0, json.NewEncoder(os.Stdout).Encode(saw))
}
