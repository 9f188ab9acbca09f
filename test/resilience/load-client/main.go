// Load-client calls a webhook as the API server does, and tells what became of every request.
//
// What is copied from the API server (k8s.io/apiserver/pkg/util/webhook, k8s.io/client-go/rest): HTTP/1.1, keep-alive,
// 25 idle connections, ?timeout=, no second try of a POST that failed, but one after a 429 or 5xx with Retry-After.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// client-go's limit of retries.
	mostRetries = 10
	// A report that names them all would not be read.
	mostFailures = 10000
	uidMark      = "{{uid}}"
)

// sample is a request, and how its answer must be.
type sample struct {
	Path    string `json:"path"`
	Body    string `json:"body"`
	Allowed bool   `json:"allowed"`
}

// failure is a request without a right answer.
type failure struct {
	// Kind is lost (no answer), shed (told to come again, and not asked again), refused (any other HTTP error) or wrong.
	Kind string `json:"kind"`
	What string `json:"what"`
	// LocalPort is the client's end of the connection; 0 where none was had.
	LocalPort int   `json:"localPort"`
	StartedMs int64 `json:"startedMs"`
}

type report struct {
	Right       int64     `json:"right"`
	Retries     int64     `json:"retries"`
	Connections int64     `json:"connections"`
	Failed      int64     `json:"failed"`
	Failures    []failure `json:"failures"`
}

type load struct {
	client  *http.Client
	url     string
	timeout time.Duration
	retries int
	samples []sample
	next    atomic.Int64
	mutex   sync.Mutex
	report  report
}

func main() {
	url := flag.String("url", "", "base URL of the webhook")
	serverName := flag.String("server-name", "localhost", "name in the certificate of the webhook")
	caFile := flag.String("ca", "", "PEM file of the CA that signed it")
	requestFile := flag.String("requests", "", "JSON file of requests and what their answers must be")
	workers := flag.Int("workers", 8, "requests that are under way at once")
	pause := flag.Duration("pause", 0, "pause of each worker between two requests")
	timeout := flag.Duration("timeout", 3*time.Second, "timeout of a request with its retries, also sent to the webhook")
	count := flag.Int64("count", 0, "requests to send; 0 goes on until SIGTERM")
	retries := flag.Int("retries", mostRetries, "how often a request that is told to come again does so")
	flag.Parse()
	load := &load{url: *url, timeout: *timeout, retries: *retries, report: report{Failures: []failure{}}}
	if err := load.run(*serverName, *caFile, *requestFile, *workers, *pause, *count); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (l *load) run(serverName, caFile, requestFile string, workers int, pause time.Duration, count int64) error {
	client, err := newClient(serverName, caFile)
	if err != nil {
		return err
	}
	l.client = client
	text, err := os.ReadFile(requestFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &l.samples); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	var group sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			l.work(ctx, pause, count)
		}()
	}
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(l.report)
}

func newClient(serverName, caFile string) (*http.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, ServerName: serverName, NextProtos: []string{"http/1.1"}},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		DialContext:         dialer.DialContext,
	}}, nil
}

func (l *load) work(ctx context.Context, pause time.Duration, count int64) {
	for ctx.Err() == nil {
		index := l.next.Add(1) - 1
		if count > 0 && index >= count {
			return
		}
		l.ask(index)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ask sends one request, again where it is told to, and counts what became of it. The end of the load does not end it.
func (l *load) ask(index int64) {
	sample := l.samples[index%int64(len(l.samples))]
	uid := fmt.Sprintf("load-%d-%d", os.Getpid(), index)
	body := []byte(strings.Replace(sample.Body, uidMark, uid, 1))
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	failed := failure{StartedMs: time.Now().UnixMilli()}
	for retries := 0; ; retries++ {
		status, header, answer, err := l.send(ctx, sample.Path, body, &failed.LocalPort)
		if err != nil {
			failed.Kind, failed.What = "lost", err.Error()
			break
		}
		wait, again := retryAfter(status, header)
		if again && retries < l.retries && sleep(ctx, wait) {
			atomic.AddInt64(&l.report.Retries, 1)
			continue
		}
		failed.Kind, failed.What = judge(status, answer, uid, sample.Allowed)
		if again {
			failed.Kind = "shed"
		}
		break
	}
	l.count(failed)
}

func (l *load) send(ctx context.Context, path string, body []byte, localPort *int) (int, http.Header, []byte, error) {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if address, ok := info.Conn.LocalAddr().(*net.TCPAddr); ok {
			*localPort = address.Port
		}
		if !info.Reused {
			atomic.AddInt64(&l.report.Connections, 1)
		}
	}}
	url := fmt.Sprintf("%s%s?timeout=%ds", l.url, path, int(l.timeout.Round(time.Second).Seconds()))
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, */*")
	response, err := l.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, answer, err
}

func retryAfter(status int, header http.Header) (time.Duration, bool) {
	if status != http.StatusTooManyRequests && (status < 500 || status > 599) {
		return 0, false
	}
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil
}

// sleep tells whether the time is over before the request's.
func sleep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

func judge(status int, answer []byte, uid string, allowed bool) (kind, what string) {
	if status != http.StatusOK {
		return "refused", fmt.Sprintf("%d %s", status, answer)
	}
	var review struct {
		Response struct {
			UID     string `json:"uid"`
			Allowed bool   `json:"allowed"`
		} `json:"response"`
	}
	if err := json.Unmarshal(answer, &review); err != nil {
		return "wrong", err.Error()
	}
	if review.Response.UID != uid || review.Response.Allowed != allowed {
		return "wrong", fmt.Sprintf("uid %s, allowed should be %t: %s", uid, allowed, answer)
	}
	return "", ""
}

func (l *load) count(failed failure) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if failed.Kind == "" {
		l.report.Right++
		return
	}
	l.report.Failed++
	if len(l.report.Failures) < mostFailures {
		l.report.Failures = append(l.report.Failures, failed)
	}
}
