"""What tests stand on: servers, browsers, databases. No test lives here."""
