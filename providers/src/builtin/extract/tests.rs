mod xquad;
