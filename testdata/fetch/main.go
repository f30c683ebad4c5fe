// Fetch brings the test data that may not be shipped into testdata/fetched,
// where the tests find them:
//
//	go run ./testdata/fetch
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"

	"github.com/querent-ai/chord/internal/fetch"
)

//go:embed manifest.json
var manifest []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := fetch.Main(ctx, manifest, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
