package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/microgrid-cloud/microgrid-cloud/adapters/auth"
	"github.com/microgrid-cloud/microgrid-cloud/commands"
)

const (
	benchTenant = "tenant-demo"
	benchSecret = "dev-ingest-secret"
	benchJWT    = "dev-secret-change-me"
)

// benchClient provisions and sends.
type benchClient struct {
	url, address, token string
}

func newBenchClient(url string) (*benchClient, error) {
	tokens := auth.Tokens{Secret: func() []byte { return []byte(benchJWT) }}
	token, err := tokens.Make(commands.Principal{
		Tenant: benchTenant, Role: commands.Admin, Subject: "bench", ExpiresAt: time.Now().Add(12 * time.Hour),
	}, time.Now())
	return &benchClient{url: url, address: strings.TrimPrefix(url, "http://"), token: token}, err
}

func (c *benchClient) call(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s answered %d: %.500s", method, path, answer.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// provision makes the stations; every device has a grid power, a state of charge and plain gauges.
func (c *benchClient) provision(o benchOptions, prefix string) error {
	perStation := o.devices / o.stations
	for s := range o.stations {
		var devices []any
		for d := range perStation {
			name := fmt.Sprintf("%s-%d-%d", prefix, s, d)
			points := []any{}
			for k := range o.points {
				semantic := fmt.Sprintf("user.gauge_%d", k)
				switch k {
				case 0:
					semantic = []string{"grid.active_power", "pv.active_power", "battery.active_power", "load.active_power"}[d%4]
				case 1:
					semantic = "battery.soc"
				}
				points = append(points, map[string]any{"key": fmt.Sprintf("key_%02d", k), "semantic": semantic})
			}
			devices = append(devices, map[string]any{"deviceId": name, "kind": "sensor", "thingsboard": map[string]any{"deviceName": name}, "points": points})
		}
		err := c.call(http.MethodPost, "/api/v1/provisioning/stations", map[string]any{
			"stationId": fmt.Sprintf("%s-%d", prefix, s), "name": "bench", "timezone": "Asia/Shanghai", "currency": "CNY",
			"ratings": map[string]any{"gridKw": 100}, "devices": devices,
			"tariff": map[string]any{"tariffId": prefix, "validFrom": "2020-01-01", "import": map[string]any{"kind": "fixed", "price": "0.68"}},
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// request is the bytes of a webhook request, as ThingsBoard sends one: a message of one device.
func (c *benchClient) request(body []byte, closing bool) []byte {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	_, _ = mac.Write([]byte(stamp + "."))
	_, _ = mac.Write(body)
	connection := "keep-alive"
	if closing {
		connection = "close"
	}
	b := make([]byte, 0, len(body)+320)
	b = fmt.Appendf(b, "POST /ingest/thingsboard/telemetry HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\nContent-Type: application/json\r\n"+
		"X-Tenant-Id: %s\r\nX-Timestamp: %s\r\nX-Signature: sha256=%s\r\nContent-Length: %d\r\n\r\n",
		c.address, connection, benchTenant, stamp, hex.EncodeToString(mac.Sum(nil)), len(body))
	return append(b, body...)
}

// benchMessage is message n of a device: one every step from a start on.
func benchMessage(o benchOptions, device string, n int, start, step int64) []byte {
	b := make([]byte, 0, 40*o.points+80)
	b = fmt.Appendf(b, `{"deviceName":%q,"ts":%d,"values":{`, device, start+int64(n)*step)
	for k := range o.points {
		if k > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `"key_%02d":%d.%03d`, k, (n*7+k*13)%50, (n*131+k*17)%1000)
	}
	return append(b, "}}"...)
}

// send sends the messages [0, count) of every connection's devices and says how long it took until the last was
// acknowledged.
func (c *benchClient) send(ctx context.Context, o benchOptions, prefix string, count int, start, step int64, closing bool) (time.Duration, error) {
	perStation := o.devices / o.stations
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for w := range o.connections {
		wg.Go(func() {
			conn := &benchConn{address: c.address}
			defer conn.close()
			for n := range count {
				for d := w; d < o.devices; d += o.connections {
					if ctx.Err() != nil || failed.Load() != nil {
						return
					}
					device := fmt.Sprintf("%s-%d-%d", prefix, d/perStation, d%perStation)
					if err := conn.post(c.request(benchMessage(o, device, n, start, step), closing), closing); err != nil {
						failed.Store(&err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if e := failed.Load(); e != nil {
		return 0, *e
	}
	return time.Since(began), ctx.Err()
}

// benchConn speaks just enough HTTP to cost next to nothing.
type benchConn struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

func (b *benchConn) close() {
	if b.conn != nil {
		_ = b.conn.Close()
		b.conn = nil
	}
}

func (b *benchConn) post(request []byte, closing bool) error {
	for attempt := 0; ; attempt++ {
		if b.conn == nil {
			conn, err := net.Dial("tcp", b.address)
			if err != nil {
				return err
			}
			b.conn, b.reader = conn, bufio.NewReaderSize(conn, 1024)
		}
		if _, err := b.conn.Write(request); err != nil {
			return err
		}
		code, err := b.answer()
		if err != nil {
			return err
		}
		if closing {
			b.close()
		}
		switch {
		case code == http.StatusAccepted:
			return nil
		case code == http.StatusServiceUnavailable && attempt < 100:
			time.Sleep(100 * time.Millisecond)
		default:
			return fmt.Errorf("the webhook answered %d", code)
		}
	}
}

func (b *benchConn) answer() (int, error) {
	line, err := b.reader.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0, fmt.Errorf("reading an answer: %w", err)
	}
	code, _ := strconv.Atoi(string(line[9:12]))
	length := 0
	for {
		line, err = b.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
		}
	}
	_, err = b.reader.Discard(length)
	return code, err
}

// benchDB reaches the platform's own PostgreSQL.
func benchDB(ctx context.Context, p *benchPlatform) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "host="+p.dir+"/data/postgres/run user=microgrid dbname=microgrid")
}
