package main

import (
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
)

// canListen returns an error where Go's network is one within the process, which no
// client can reach.
func canListen() error {
	if runtime.GOOS == "wasip1" || runtime.GOOS == "js" {
		return fmt.Errorf("a program for %s has no network that others could reach: it can serve nothing", runtime.GOOS)
	}
	return nil
}

// listen listens at an address.
func listen(host string, port int) (net.Listener, error) {
	if err := canListen(); err != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)))
}
