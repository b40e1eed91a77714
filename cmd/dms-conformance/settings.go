package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"github.com/dmstask/dmstask/conformance"
)

// settings reads the files that flags name, and returns what the flags mean for a run.
func (o *options) settings(ctx context.Context, stderr io.Writer) ([]conformance.Option, error) {
	if err := o.readToken(ctx); err != nil {
		return nil, err
	}
	settings := []conformance.Option{
		conformance.Only(o.only...), conformance.Skip(o.skip...), conformance.Examples(o.examples),
	}
	if o.timeout > 0 {
		settings = append(settings, conformance.AnswerTimeout(answerTimeout(o.timeout)))
	}
	if o.strict {
		settings = append(settings, conformance.Strict())
	}
	if o.seed != nil {
		settings = append(settings, conformance.Seed(*o.seed))
	}
	if o.http2 {
		settings = append(settings, conformance.HTTP2())
	}
	if o.contract != "" {
		document, err := o.read(ctx, "contract", o.contract, maxDocument)
		if err != nil {
			return nil, err
		}
		contract, err := conformance.LoadContract(document)
		if err != nil {
			return nil, fmt.Errorf("--contract %s: %w", named(o.contract), err)
		}
		settings = append(settings, conformance.Against(contract))
	}
	config, err := o.tls(ctx, stderr)
	if err != nil {
		return nil, err
	}
	return append(settings, conformance.TLS(config)), nil
}

// answerTimeout returns how long one answer may take in a run that may take so long: a server that stalls must leave
// time for the other requests. It is a round number, since messages name it, and never 0.
func answerTimeout(run time.Duration) time.Duration {
	return min(max((run/6).Round(time.Millisecond), time.Millisecond), conformance.DefaultAnswerTimeout)
}

// tls returns which certificates are trusted.
func (o *options) tls(ctx context.Context, stderr io.Writer) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.insecure {
		say(stderr, "warning: --insecure takes any certificate, so credentials may go to anybody")
		config.InsecureSkipVerify = true
	}
	if o.caCert == "" {
		return config, nil
	}
	certificates, err := o.read(ctx, "cacert", o.caCert, maxDocument)
	if err != nil {
		return nil, err
	}
	config.RootCAs, err = x509.SystemCertPool()
	if err != nil {
		config.RootCAs = x509.NewCertPool() // a system that has none
	}
	if !config.RootCAs.AppendCertsFromPEM(certificates) {
		return nil, fmt.Errorf("--cacert %s: there is no certificate in PEM format in it", named(o.caCert))
	}
	return config, nil
}
