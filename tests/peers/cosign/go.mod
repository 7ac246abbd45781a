module bulla.test/peers/cosign

go 1.26.0

require github.com/sigstore/cosign/v3 v3.1.3

tool github.com/sigstore/cosign/v3/cmd/cosign
