// Command libchord is chord as a C library. chord.h is what programs include; they
// link a shared library or an archive that the go command makes of this package:
//
//	go build -buildmode=c-shared -ldflags "-extldflags=-Wl,--version-script=$PWD/chord.map" -o libchord.so .
//	go build -buildmode=c-archive -o libchord.a .
//
// The version script, for GNU's linker, exports the functions of chord.h and nothing
// else. shim.c has them: it keeps the error of each thread and calls the functions
// that main.go exports to it.
package main
