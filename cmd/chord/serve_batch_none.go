//go:build nobatch

package main

import "github.com/querent-ai/chord/server/batch"

// batchStore returns the store of the files and batches in a folder, whose answers are in
// memory until a batch has ended.
func batchStore(dir string) *batch.Store { return batch.NewStore(dir, batch.StoreOptions{}) }
