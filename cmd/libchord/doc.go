// Command libchord is chord as a C library. chord.h is what programs include; they
// link a shared library or an archive that the go command makes of this package:
//
//	go run ./cmd/libchord/build -o FOLDER
//
// on Linux and macOS, with what pkg-config, CMake and Python find them by, or
//
//	go build -buildmode=c-shared -o libchord.dll .
//	go build -buildmode=c-archive -o libchord.a .
//
// elsewhere. On Linux a version script, chord.map, exports the functions of chord.h and
// nothing else. shim.c has these functions: it keeps the error of each thread and calls
// the functions that Go exports to it.
package main
