module tenantgate.dev/load-client

go 1.21
