module uspan.test/terminator

go 1.21
