//go:build cgo && !unix

package main

import (
	"fmt"
	"os"

	"github.com/querent-ai/chord"
)

// hasDescriptors says that there are no file descriptors as C has them.
const hasDescriptors = false

var errDescriptor = fmt.Errorf("file descriptors on this system: %w", chord.ErrUnsupported)

func duplicate(int) (*os.File, error) { return nil, errDescriptor }

// A bell is what can be waited for as a file. There is none here.
type bell struct{}

func newBell() (*bell, error) { return nil, errDescriptor }

func (*bell) fd() int  { return -1 }
func (*bell) ring()    {}
func (*bell) silence() {}
func (*bell) close()   {}
