module signet

go 1.26
