# The neuron's loss, -log sigmoid(1.1 w1), and its slope at w1 = 2.2.
loss(w) = log(1 + exp(-1.1 * w))
slope = -1.1 / (1 + exp(1.1 * 2.2))
tangent(w) = abs(w - 2.2) < 1.3 ? loss(2.2) + slope * (w - 2.2) : 1/0
$here << EOD
2.2
EOD
set samples 400
set xrange [0:5]
set yrange [0:0.75]
set xlabel "w1"
set ylabel "loss"
plot loss(x) title "the loss", \
     tangent(x) title sprintf("its slope at w1 = 2.2: %.4f", slope), \
     $here using 1:(loss($1)) with points pt 7 ps 0.8 lc rgb '#d9600a' notitle
