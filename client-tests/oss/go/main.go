// Appends by Aliyun's client for Go as to a file. The endpoint, the bucket, and the id and the secret of an access key are its arguments; what it
// saw is JSON.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

func main() {
	endpoint, bucket, id, secret := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ctx := context.Background()
	client := oss.NewClient(oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)).
		WithRegion("cn-anywhere").
		WithEndpoint(endpoint).
		WithUsePathStyle(true))
	for _, text := range []string{"one\n", "two\n"} {
		file := check(client.AppendFile(ctx, bucket, "log.csv", func(options *oss.AppendOptions) {
			options.CreateParameter = &oss.AppendObjectRequest{ContentType: oss.Ptr("text/csv")}
		}))
		check(file.Write([]byte(text)))
		check(file.Write([]byte(text)))
		if err := file.Close(); err != nil {
			log.Fatal(err)
		}
	}
	head := check(client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: oss.Ptr("log.csv")}))
	got := check(client.GetObject(ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("log.csv")}))
	content := check(io.ReadAll(got.Body))
	_, err := client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: &bucket, Key: oss.Ptr("log.csv"), Position: oss.Ptr(int64(3))})
	var refused *oss.ServiceError
	if e, ok := err.(*oss.OperationError); ok {
		refused, _ = e.Unwrap().(*oss.ServiceError)
	}
	if refused == nil {
		log.Fatal("an append elsewhere than at the end was not refused: ", err)
	}
	check(os.Stdout.Write(check(json.Marshal(map[string]any{
		"content": string(content),
		"type":    []string{*head.ObjectType, *head.ContentType},
		"refused": refused.Code,
		"next":    refused.Headers.Get("x-oss-next-append-position"),
	}))))
}

func check[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
