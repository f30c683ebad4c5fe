module github.com/querent-ai/chord/cmd/libchord

go 1.26

require github.com/querent-ai/chord v0.0.0

require (
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
