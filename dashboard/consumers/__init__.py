"""Sockets and streams to browsers and programs that watch. They only tell; orders come by POST."""
