"""What the generator meets the target with: requests and sockets, each timed where its bytes come and go."""
