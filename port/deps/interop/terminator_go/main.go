// Go's net/http and crypto/tls before a receiver of plain HTTP: terminator BACKEND_PORT CERT KEY CA VERSION CLIENT
// VERSION: 1.2 or 1.3, no other is spoken, or none for plain HTTP. CLIENT: required, or none.
// Invariant: says "listening PORT" once it can be reached, and for each request one line: "VERSION client NAME".
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
)

func settings(cert, key, ca, version, client string) *tls.Config {
	own, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal(err)
	}
	number := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[version]
	config := &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: number, MaxVersion: number}
	if client == "required" {
		authority, err := os.ReadFile(ca)
		if err != nil {
			log.Fatal(err)
		}
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(authority)
	}
	return config
}

func main() {
	backend, version := os.Args[1], os.Args[5]
	proxy := &httputil.ReverseProxy{Director: func(request *http.Request) {
		request.URL.Scheme, request.URL.Host = "http", "127.0.0.1:"+backend
		request.Header["X-Forwarded-For"] = nil // it is not added then
		name := "unknown"
		if request.TLS != nil && len(request.TLS.PeerCertificates) > 0 {
			name = "certified"
		}
		spoken := "HTTP"
		if request.TLS != nil {
			spoken = tls.VersionName(request.TLS.Version)
		}
		fmt.Println(spoken, "client", name)
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	if version != "none" {
		listener = tls.NewListener(listener, settings(os.Args[2], os.Args[3], os.Args[4], version, os.Args[6]))
	}
	log.Fatal(http.Serve(listener, proxy))
}
